#include "sync/copy_stream.hpp"

#include <array>
#include <charconv>
#include <cstring>

#include "protocol/uwsgi_packet.hpp"
#include "sync/modifiers.hpp"

namespace reprise::sync {
namespace {

constexpr std::size_t header_size = protocol::PacketWriter::header_size;

unsigned char byte_at(Bytes bytes, std::size_t i) {
  return static_cast<unsigned char>(bytes[i]);
}

// With its header; 0: the header has not come yet.
std::size_t size_of_packet(Bytes bytes) {
  if (bytes.size() < header_size) return 0;
  return header_size + (byte_at(bytes, 1) | static_cast<std::size_t>(byte_at(bytes, 2)) << 8);
}

}  // namespace

std::string copy_head(UnixSeconds now) {
  std::array<char, 64> room;
  protocol::PacketWriter writer(room);
  writer.add("time", std::to_string(now));
  return std::string(*writer.finish(cache_modifier, modifier::copy_follows));
}

std::string copy_end() {
  return {static_cast<char>(cache_modifier), 0, 0, static_cast<char>(modifier::copy_ends)};
}

CopyReader::~CopyReader() {
  ::explicit_bzero(pending_.data(), pending_.size());
}

ItemReader::Status CopyReader::feed(Bytes bytes) {
  pending_.append(bytes);
  std::size_t used = 0;
  Status status = Status::more;
  while (status == Status::more) {
    const Bytes rest = Bytes(pending_).substr(used);
    const std::size_t size = size_of_packet(rest);
    if (size == 0 || size > rest.size()) break;
    status = take(rest.substr(0, size));
    used += size;
  }
  ::explicit_bzero(pending_.data(), used);
  pending_.erase(0, used);
  return status;
}

ItemReader::Status CopyReader::end() {
  return Status::broken;  // it says itself where it ends
}

ItemReader::Status CopyReader::take(Bytes packet) {
  if (copied_at_ == 0) return take_head(packet);
  if (byte_at(packet, 0) != cache_modifier) return Status::broken;
  if (byte_at(packet, 3) == modifier::copy_ends) return Status::complete;
  Rejection why = Rejection::failed;
  const auto change = decode(packet, why);
  if (!change) {
    sink_.refused(why);
  } else if (change->operation != Operation::set) {
    sink_.refused(Rejection::unknown_operation);
  } else {
    sink_.item(*change, copied_at_);
  }
  return Status::more;
}

ItemReader::Status CopyReader::take_head(Bytes packet) {
  const auto head = protocol::read_packet(packet);
  if (!head || head->modifier1 != cache_modifier || head->modifier2 != modifier::copy_follows) {
    return Status::broken;
  }
  for (const auto& [name, value] : head->variables) {
    if (name != "time") continue;
    const char* const end = value.data() + value.size();
    const auto [stop, error] = std::from_chars(value.data(), end, copied_at_);
    if (error != std::errc() || stop != end) copied_at_ = 0;
  }
  return copied_at_ == 0 ? Status::broken : Status::more;
}

}  // namespace reprise::sync
