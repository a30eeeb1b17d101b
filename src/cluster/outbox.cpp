#include "cluster/outbox.hpp"

#include <exception>

namespace reprise::cluster {
namespace {

constexpr char set_note = 'S';
constexpr char erase_note = 'E';

}  // namespace

std::optional<Note> read_note(Bytes bytes) {
  if (bytes.size() < 2) return std::nullopt;
  if (bytes[0] != set_note && bytes[0] != erase_note) return std::nullopt;
  const auto operation = bytes[0] == set_note ? sync::Operation::set : sync::Operation::erase;
  return Note{operation, bytes.substr(1)};
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
