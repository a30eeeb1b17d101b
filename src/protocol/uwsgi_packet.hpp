#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "base/bytes.hpp"

namespace reprise::protocol {

// The request side of the uwsgi protocol (spec/routers/uwsgi-protocol.md 1):
//
//     u8 modifier1, u16 little endian size of what follows, u8 modifier2,
//     then variables: u16 key length, key, u16 value length, value.
//
// Writes one packet into memory that somebody else owns. Once something did not fit, nothing more
// is written and finish() gives nothing.
class PacketWriter {
public:
  static constexpr std::size_t header_size = 4;
  static constexpr std::size_t max_block = 65535;

  explicit PacketWriter(Buffer into);

  void add(std::string_view key, std::string_view value);

  // The same in parts: begin, append each part of the value, end.
  void begin_value(std::string_view key);
  void append(std::string_view part);
  void end_value();

  // As `key` of begin_value: "HTTP_" and the field's name in capitals, '-' as '_'.
  void begin_header(std::string_view field_name);

  // The room that is left, for a value to be made in place: begin_value, write, take.
  Buffer room() const { return into_.subspan(size_); }
  void take(std::size_t bytes) { size_ += bytes; }

  bool overflowed() const { return overflowed_; }
  std::optional<Bytes> finish(std::uint8_t modifier1, std::uint8_t modifier2);

private:
  bool reserve(std::size_t bytes);
  void put_length(std::size_t at, std::size_t length);

  Buffer into_;
  std::size_t size_ = header_size;
  std::size_t value_ = 0;  // where the length of the value under way stands
  bool overflowed_ = false;
};

struct Packet {
  std::uint8_t modifier1 = 0;
  std::uint8_t modifier2 = 0;
  std::vector<std::pair<std::string_view, std::string_view>> variables;  // views into the bytes
  Bytes rest;                                                            // behind the packet
};

// Nothing unless `bytes` begin with a whole, well formed packet (keys are not empty).
std::optional<Packet> read_packet(Bytes bytes);

}  // namespace reprise::protocol
