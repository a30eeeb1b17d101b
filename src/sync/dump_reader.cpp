#include "sync/dump_reader.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <limits>

#include "cache/geometry.hpp"
#include "cache/hash.hpp"
#include "protocol/uwsgi_packet.hpp"
#include "sync/modifiers.hpp"

namespace reprise::sync {
namespace {

constexpr std::size_t head_size = DumpRecord::head_size;
constexpr std::uint64_t largest_key = 65535;
constexpr std::uint64_t largest_flags = 0xffff;
constexpr std::uint64_t largest_hash = std::numeric_limits<std::uint32_t>::max();
constexpr std::uint64_t most_blocks = std::uint64_t{1} << 33;
constexpr std::size_t packet_header = protocol::PacketWriter::header_size;

// A head that can be of a living record, whoever wrote it.
bool is_plausible(const DumpRecord& record) {
  return record.key_size != 0 && record.key_size <= largest_key && record.flags <= largest_flags &&
         record.hash <= largest_hash && record.value_size != 0 && record.first_block < most_blocks;
}

bool read_count(Bytes digits, std::uint64_t most, std::uint64_t& count) {
  const char* const end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, count);
  return error == std::errc() && stop == end && count != 0 && count <= most;
}

}  // namespace

DumpReader::DumpReader(const cache::Settings& own, UnixSeconds now, ItemSink& sink)
    : keysize_limit_(own.keysize),
      value_limit_(std::min(cache::geometry_of(own).largest_value, largest_value)),
      item_limit_(own.max_items),
      own_has_bitmap_(own.bitmap),
      now_(now),
      sink_(sink),
      items_(own.max_items),
      blocksize_(own.blocksize) {}

// Sessions are secrets.
DumpReader::~DumpReader() {
  ::explicit_bzero(pending_.data(), pending_.size());
}

ItemReader::Status DumpReader::status() const {
  if (part_ == Part::complete) return Status::complete;
  return part_ == Part::broken ? Status::broken : Status::more;
}

ItemReader::Status DumpReader::feed(Bytes bytes) {
  pending_.append(bytes);
  while (step()) {
  }
  ::explicit_bzero(pending_.data(), used_);
  pending_.erase(0, used_);
  used_ = 0;
  return status();
}

// A cache in which nothing lives shows no keysize, so its end cannot be known before it comes.
ItemReader::Status DumpReader::end() {
  if (part_ == Part::search && offset_ + rest().size() >= least_size()) enter(Part::complete);
  if (part_ != Part::complete) enter(Part::broken);
  for (; next_ < awaited_.size(); ++next_)
    sink_.refused(Rejection::wrong_size);
  return status();
}

std::uint64_t DumpReader::least_size() const {
  return items_ * (head_size + 1 + blocksize_);
}

void DumpReader::enter(Part part) {
  part_ = part;
  if (part == Part::search) offset_ = 0;
  if (part != Part::values) return;
  offset_ = 0;
  std::sort(awaited_.begin(), awaited_.end(),
            [](const Awaited& a, const Awaited& b) { return a.begin < b.begin; });
}

void DumpReader::consume(std::size_t size) {
  used_ += size;
  offset_ += size;
}

// False if more bytes are wanted, or none any more.
bool DumpReader::step() {
  switch (part_) {
    case Part::head:
      return read_head();
    case Part::search:
      return search();
    case Part::records:
      return read_records();
    case Part::values:
      return read_values();
    case Part::complete:
    case Part::broken:
      return false;
  }
  return false;
}

bool DumpReader::read_head() {
  const Bytes head = rest();
  if (head.size() < packet_header) return false;
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(head[i]); };
  const std::size_t size = packet_header + (byte(1) | static_cast<std::size_t>(byte(2)) << 8);
  if (byte(0) != cache_modifier || byte(3) != modifier::dump_follows) {
    enter(Part::broken);
    return false;
  }
  if (head.size() < size) return false;
  const auto packet = protocol::read_packet(head.substr(0, size));
  bool good = packet.has_value();
  for (std::size_t i = 0; good && i < packet->variables.size(); ++i) {
    const auto& [name, value] = packet->variables[i];
    if (name == "items") good = read_count(value, most_items, items_);
    if (name == "blocksize") good = read_count(value, largest_block, blocksize_);
  }
  consume(size);
  enter(good ? Part::search : Part::broken);
  return good;
}

// Looks for the first living record, at every place: what is before it is of no interest.
bool DumpReader::search() {
  const Bytes bytes = rest();
  std::size_t at = 0;
  for (; at + head_size <= bytes.size(); ++at) {
    std::uint64_t key_size = 0;
    std::memcpy(&key_size, bytes.data() + at + 8, sizeof key_size);
    if (key_size == 0 || key_size > largest_key) continue;  // most places
    const DumpRecord record = read_record(bytes.substr(at));
    const std::uint64_t keysize = keysize_told_by(record, offset_ + at);
    if (keysize == 0) continue;
    const Bytes key = bytes.substr(at + head_size, record.key_size);
    if (key.size() < record.key_size) break;
    if (!has_known_hash(record, key)) continue;
    keysize_ = keysize;
    hash_ = cache::djb33x(key) == record.hash ? cache::djb33x : cache::murmur2;
    consume(at);
    enter(Part::records);
    return true;
  }
  consume(at);
  return false;
}

bool DumpReader::has_known_hash(const DumpRecord& record, Bytes key) const {
  if (hash_) return hash_(key) == record.hash;
  return cache::djb33x(key) == record.hash || cache::murmur2(key) == record.hash;
}

// If the first record may begin at `offset`, with what keysize; else 0.
std::uint64_t DumpReader::keysize_told_by(const DumpRecord& record, std::uint64_t offset) const {
  if (!is_plausible(record)) return 0;
  const auto fits = [&](std::uint64_t number, std::uint64_t stride) {
    return number > 0 && number < items_ && number * stride == offset &&
           stride >= head_size + record.key_size && stride <= head_size + largest_key;
  };
  const std::uint64_t own_stride = head_size + keysize_limit_;
  const bool fits_own = fits(offset / own_stride, own_stride);
  const std::uint64_t number = record.first_block;
  const bool fits_number = number != 0 && fits(number, offset / number);
  if (fits_own && (own_has_bitmap_ || !fits_number)) return keysize_limit_;
  return fits_number ? offset / number - head_size : 0;
}

bool DumpReader::read_records() {
  const std::size_t stride = head_size + keysize_;
  for (std::uint64_t number = offset_ / stride; number < items_; ++number) {
    const Bytes bytes = rest();
    if (bytes.size() < stride) return false;
    const DumpRecord record = read_record(bytes);
    if (record.key_size != 0) take(record, bytes.substr(head_size, keysize_));
    consume(stride);
  }
  enter(Part::values);
  return true;
}

void DumpReader::take(const DumpRecord& record, Bytes room) {
  if (!is_plausible(record) || record.key_size > keysize_) {
    return sink_.refused(Rejection::wrong_size);
  }
  const Bytes key = room.substr(0, record.key_size);
  if (!has_known_hash(record, key)) return sink_.refused(Rejection::wrong_size);
  constexpr std::uint64_t ungettable = 1;
  if ((record.flags & ungettable) != 0) return;
  if (record.expires != 0 && record.expires <= now_) return sink_.refused(Rejection::expired);
  if (key.size() > keysize_limit_ || record.value_size > value_limit_) {
    return sink_.refused(Rejection::too_large);
  }
  await(record, key);
}

void DumpReader::await(const DumpRecord& record, Bytes key) {
  const std::size_t memory = keys_.size() + key.size() + (awaited_.size() + 1) * sizeof(Awaited);
  if (awaited_.size() >= item_limit_ || memory > most_memory) {
    return sink_.refused(Rejection::full);
  }
  awaited_.push_back({record.first_block * blocksize_, record.value_size, record.expires,
                      keys_.size(), key.size()});
  keys_.append(key);
}

bool DumpReader::read_values() {
  for (; next_ < awaited_.size(); ++next_) {
    const Awaited& item = awaited_[next_];
    if (item.begin < offset_) {  // another one's value stands there
      sink_.refused(Rejection::wrong_size);
      continue;
    }
    const std::uint64_t gap = item.begin - offset_;
    consume(static_cast<std::size_t>(std::min<std::uint64_t>(gap, rest().size())));
    if (rest().empty() || rest().size() < item.value_size || item.begin != offset_) return false;
    const Bytes value = rest().substr(0, item.value_size);
    sink_.item({Operation::set, Bytes(keys_).substr(item.key, item.key_size), value, item.expires},
               now_);
    consume(item.value_size);
  }
  enter(Part::complete);
  return false;
}

}  // namespace reprise::sync
