#include "protocol/uwsgi_packet.hpp"

#include <algorithm>
#include <cstring>

namespace reprise::protocol {
namespace {

constexpr std::size_t length_size = 2;

char variable_char(char c) {
  if (c == '-') return '_';
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - ('a' - 'A')) : c;
}

std::size_t read_length(Bytes bytes) {
  const auto low = static_cast<unsigned char>(bytes[0]);
  const auto high = static_cast<unsigned char>(bytes[1]);
  return static_cast<std::size_t>(low | high << 8);
}

// Takes one length and as many bytes off the front of `rest`.
std::optional<std::string_view> take_text(Bytes& rest) {
  if (rest.size() < length_size) return std::nullopt;
  const std::size_t length = read_length(rest);
  if (rest.size() - length_size < length) return std::nullopt;
  const std::string_view text = rest.substr(length_size, length);
  rest.remove_prefix(length_size + length);
  return text;
}

}  // namespace

PacketWriter::PacketWriter(Buffer into)
    : into_(into.first(std::min(into.size(), header_size + max_block))) {
  overflowed_ = into_.size() < header_size;
}

bool PacketWriter::reserve(std::size_t bytes) {
  if (!overflowed_ && into_.size() - size_ < bytes) overflowed_ = true;
  return !overflowed_;
}

void PacketWriter::put_length(std::size_t at, std::size_t length) {
  into_[at] = static_cast<char>(length & 0xff);
  into_[at + 1] = static_cast<char>(length >> 8);
}

void PacketWriter::append(std::string_view part) {
  if (part.empty() || !reserve(part.size())) return;
  std::memcpy(into_.data() + size_, part.data(), part.size());
  size_ += part.size();
}

void PacketWriter::begin_value(std::string_view key) {
  if (!reserve(length_size + key.size() + length_size)) return;
  put_length(size_, key.size());
  size_ += length_size;
  append(key);
  value_ = size_;
  size_ += length_size;
}

void PacketWriter::begin_header(std::string_view field_name) {
  constexpr std::string_view prefix = "HTTP_";
  const std::size_t key_size = prefix.size() + field_name.size();
  if (!reserve(length_size + key_size + length_size)) return;
  put_length(size_, key_size);
  size_ += length_size;
  append(prefix);
  std::transform(field_name.begin(), field_name.end(), into_.data() + size_, variable_char);
  size_ += field_name.size();
  value_ = size_;
  size_ += length_size;
}

void PacketWriter::end_value() {
  if (!overflowed_) put_length(value_, size_ - value_ - length_size);
}

void PacketWriter::add(std::string_view key, std::string_view value) {
  begin_value(key);
  append(value);
  end_value();
}

std::optional<Bytes> PacketWriter::finish(std::uint8_t modifier1, std::uint8_t modifier2) {
  if (overflowed_) return std::nullopt;
  into_[0] = static_cast<char>(modifier1);
  put_length(1, size_ - header_size);
  into_[3] = static_cast<char>(modifier2);
  return Bytes(into_.data(), size_);
}

std::optional<Packet> read_packet(Bytes bytes) {
  if (bytes.size() < PacketWriter::header_size) return std::nullopt;
  Packet packet;
  packet.modifier1 = static_cast<std::uint8_t>(bytes[0]);
  packet.modifier2 = static_cast<std::uint8_t>(bytes[3]);
  const std::size_t size = read_length(bytes.substr(1));
  bytes.remove_prefix(PacketWriter::header_size);
  if (bytes.size() < size) return std::nullopt;
  packet.rest = bytes.substr(size);
  bytes = bytes.substr(0, size);
  while (!bytes.empty()) {
    const auto key = take_text(bytes);
    if (!key || key->empty()) return std::nullopt;
    const auto value = take_text(bytes);
    if (!value) return std::nullopt;
    packet.variables.emplace_back(*key, *value);
  }
  return packet;
}

}  // namespace reprise::protocol
