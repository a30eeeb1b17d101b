#include "protocol/chunked.hpp"

#include <algorithm>
#include <cstring>

namespace reprise::protocol {
namespace {

constexpr unsigned max_digits = 16;
constexpr unsigned max_line_bytes = 16384;
constexpr std::uint64_t spare_framing = 65536;
constexpr std::uint64_t framing_of_a_byte = 16;

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::size_t ChunkedFollower::data_step(std::size_t room) {
  if (state_ != State::data) return 0;
  const auto step = static_cast<std::size_t>(std::min<std::uint64_t>(left_, room));
  left_ -= step;
  data_ += step;
  if (left_ == 0) state_ = State::data_cr;
  return step;
}

std::size_t ChunkedFollower::take(Bytes bytes) {
  std::size_t taken = 0;
  while (taken < bytes.size() && !done() && !malformed()) {
    if (const std::size_t step = data_step(bytes.size() - taken)) {
      taken += step;
    } else {
      frame(bytes[taken]);
      if (!malformed()) ++taken;
    }
  }
  return taken;
}

ChunkedFollower::Decoded ChunkedFollower::decode(Buffer bytes) {
  Decoded out;
  while (out.taken < bytes.size() && !done() && !malformed()) {
    if (const std::size_t step = data_step(bytes.size() - out.taken)) {
      std::memmove(bytes.data() + out.data, bytes.data() + out.taken, step);
      out.taken += step;
      out.data += step;
    } else {
      frame(bytes[out.taken]);
      if (!malformed()) ++out.taken;
    }
  }
  return out;
}

void ChunkedFollower::frame(char c) {
  const bool too_much =
      ++framing_ > spare_framing && (framing_ - spare_framing) / framing_of_a_byte > data_;
  state_ = too_much ? State::malformed : next(c);
}

ChunkedFollower::State ChunkedFollower::next(char c) {
  switch (state_) {
    case State::size:
      return size_digit(c);
    case State::extension:
      return line_byte(c, State::size_lf, State::extension);
    case State::size_lf:
      if (c != '\n') return State::malformed;
      digits_ = 0;
      line_bytes_ = 0;
      return left_ == 0 ? State::trailer_start : State::data;
    case State::data_cr:
      return c == '\r' ? State::data_lf : State::malformed;
    case State::data_lf:
      return c == '\n' ? State::size : State::malformed;
    case State::trailer_start:
      return line_byte(c, State::last_lf, State::trailer);
    case State::trailer:
      return line_byte(c, State::trailer_lf, State::trailer);
    case State::trailer_lf:
      return c == '\n' ? State::trailer_start : State::malformed;
    case State::last_lf:
      return c == '\n' ? State::done : State::malformed;
    case State::data:
    case State::done:
    case State::malformed:
      break;
  }
  return State::malformed;
}

ChunkedFollower::State ChunkedFollower::size_digit(char c) {
  const int value = hex_value(c);
  if (value >= 0) {
    if (++digits_ > max_digits) return State::malformed;
    left_ = left_ * 16 + static_cast<std::uint64_t>(value);
    return State::size;
  }
  if (digits_ == 0) return State::malformed;
  if (c == '\r') return State::size_lf;
  if (c == ';') return State::extension;
  const bool blank = c == ' ' || c == '\t';
  return blank && blanks_ == Blanks::forgiven ? State::extension : State::malformed;
}

ChunkedFollower::State ChunkedFollower::line_byte(char c, State at_cr, State otherwise) {
  if (c == '\r') return at_cr;
  if (c == '\n' || c == '\0' || ++line_bytes_ > max_line_bytes) return State::malformed;
  return otherwise;
}

}  // namespace reprise::protocol
