#include "sync/dump_writer.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <unordered_map>

#include "cache/hash.hpp"
#include "protocol/uwsgi_packet.hpp"
#include "sync/modifiers.hpp"

namespace reprise::sync {
namespace {

constexpr std::size_t piece_size = 64 * 1024;

std::uint64_t blocks_for(std::uint64_t size, std::uint64_t blocksize) {
  return (size + blocksize - 1) / blocksize;
}

}  // namespace

DumpWriter::DumpWriter(const cache::Settings& settings, std::size_t most_bytes)
    : settings_(settings), most_bytes_(most_bytes) {}

DumpWriter::~DumpWriter() {
  ::explicit_bzero(bytes_.data(), bytes_.size());
}

bool DumpWriter::add(Bytes key, const cache::Item& item) {
  if (kept_.size() + 1 >= settings_.max_items) return false;
  const std::size_t records = (kept_.size() + 1) * sizeof(Kept);
  if (records + bytes_.size() + key.size() + item.value.size() > most_bytes_) return false;
  const std::uint64_t number = kept_.size() + 1;
  const std::uint64_t blocks = blocks_for(item.value.size(), settings_.blocksize);
  if (settings_.bitmap ? next_block_ + blocks > settings_.all_blocks() : blocks > 1) return false;
  Kept kept{{}, bytes_.size()};
  kept.record.flags = item.flags & cache::item_flags::from_peer;
  kept.record.key_size = key.size();
  kept.record.hash = cache::hash_of(settings_.hash, key);
  kept.record.value_size = item.value.size();
  kept.record.first_block = settings_.bitmap ? next_block_ : number;
  kept.record.expires = item.expires;
  next_block_ += blocks;
  bytes_.append(key).append(item.value);
  kept_.push_back(kept);
  return true;
}

void DumpWriter::begin() {
  link();
}

// uWSGI makes its table of the records that no other one leads to, and believes the links.
void DumpWriter::link() {
  std::unordered_map<std::uint64_t, std::uint64_t> last;  // record of each slot
  for (std::uint64_t number = 1; number <= kept_.size(); ++number) {
    DumpRecord& record = kept_[number - 1].record;
    const auto [place, is_first] = last.try_emplace(record.hash % settings_.hashsize, number);
    if (is_first) continue;
    record.previous = place->second;
    kept_[place->second - 1].record.next = number;
    place->second = number;
  }
}

bool DumpWriter::next(std::string& into) {
  into.clear();
  if (!has_head_) {
    append_head(into);
    has_head_ = true;
  }
  while (into.size() < piece_size && record_ < settings_.max_items)
    append_record_of(record_++, into);
  if (record_ == settings_.max_items) append_values(into);
  return !into.empty();
}

void DumpWriter::append_head(std::string& to) const {
  std::array<char, 128> room;
  protocol::PacketWriter writer(room);
  writer.add("items", std::to_string(settings_.max_items));
  writer.add("blocksize", std::to_string(settings_.blocksize));
  to.append(*writer.finish(cache_modifier, modifier::dump_follows));
}

void DumpWriter::append_record_of(std::uint64_t number, std::string& to) const {
  if (number == 0 || number > kept_.size()) {
    to.append(DumpRecord::head_size + settings_.keysize, '\0');
    return;
  }
  const Kept& kept = kept_[number - 1];
  const Bytes key = Bytes(bytes_).substr(kept.at, kept.record.key_size);
  append_record(to, kept.record, key, settings_.keysize);
}

// Values at their blocks, and zeros between them, up to the end.
void DumpWriter::append_values(std::string& to) {
  while (to.size() < piece_size && value_ < kept_.size()) {
    const Kept& kept = kept_[value_];
    if (position_ < kept.record.first_block * settings_.blocksize) {
      append_zeros(to);
      continue;
    }
    const Bytes value =
        Bytes(bytes_).substr(kept.at + kept.record.key_size, kept.record.value_size);
    const Bytes piece = value.substr(value_written_, piece_size - to.size());
    to.append(piece);
    position_ += piece.size();
    value_written_ += piece.size();
    if (value_written_ < value.size()) return;
    ++value_;
    value_written_ = 0;
  }
  if (value_ == kept_.size()) append_zeros(to);
}

// Up to the next value, or to the end of all blocks.
void DumpWriter::append_zeros(std::string& to) {
  const std::uint64_t until = value_ < kept_.size()
                                  ? kept_[value_].record.first_block * settings_.blocksize
                                  : settings_.all_blocks() * settings_.blocksize;
  if (to.size() >= piece_size) return;
  const std::uint64_t count = std::min<std::uint64_t>(until - position_, piece_size - to.size());
  to.append(count, '\0');
  position_ += count;
}

}  // namespace reprise::sync
