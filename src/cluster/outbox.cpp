#include "cluster/outbox.hpp"

#include <cstring>
#include <exception>
#include <type_traits>

namespace reprise::cluster {
namespace {

constexpr char set_note = 'S';
constexpr char erase_note = 'E';
constexpr char pull_note = 'P';

}  // namespace

std::optional<Note> read_note(Bytes bytes) {
  if (bytes.size() < 2) return std::nullopt;
  if (bytes[0] != set_note && bytes[0] != erase_note) return std::nullopt;
  const auto operation = bytes[0] == set_note ? sync::Operation::set : sync::Operation::erase;
  return Note{operation, bytes.substr(1)};
}

std::optional<PullNote> read_pull_note(Bytes bytes) {
  PullNote note;
  if (bytes.size() != 1 + sizeof note || bytes[0] != pull_note) return std::nullopt;
  std::memcpy(&note, bytes.data() + 1, sizeof note);
  return note;
}

std::string write_pull_note(const PullNote& note) {
  static_assert(std::is_trivially_copyable_v<PullNote> && sizeof note == 12);
  std::string bytes(1 + sizeof note, pull_note);
  std::memcpy(bytes.data() + 1, &note, sizeof note);
  return bytes;
}

void Outbox::publish(const sync::Change& change, sync::Audience) noexcept {
  try {
    note_.assign(1, change.operation == sync::Operation::set ? set_note : erase_note);
    note_.append(change.key);
    if (mailbox_.put(note_)) return;
  } catch (const std::exception&) {  // memory, or the lock
  }
  shared_.counters.unsent.add();
}

}  // namespace reprise::cluster
