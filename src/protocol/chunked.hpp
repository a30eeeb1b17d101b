#pragma once

#include <cstdint>

#include "base/bytes.hpp"

namespace reprise::protocol {

// Follows the framing of a chunked body (RFC 9112 7.1), to know where it ends or to take it off.
// Strict: CR LF only, at most 16 hexadecimal digits, bounded extensions and trailers; and all of
// the framing is at most 64 KB and 16 bytes for each byte of data.
class ChunkedFollower {
public:
  // Of a blank behind a chunk's size, which answers of old servers have.
  enum class Blanks { forgiven, refused };

  explicit ChunkedFollower(Blanks blanks = Blanks::forgiven) : blanks_(blanks) {}

  // Looks at the next bytes and says how many of them belong to the body: all, unless it ends (or
  // breaks) among them.
  std::size_t take(Bytes bytes);

  struct Decoded {
    std::size_t taken = 0;  // as of take()
    std::size_t data = 0;   // bytes of the chunks themselves, now at the front
  };
  // The same, and moves the data among the bytes to their front.
  Decoded decode(Buffer bytes);
  // Bytes of the chunks themselves among all that was taken.
  std::uint64_t data() const { return data_; }
  // How many of the next bytes are the body's own, not its framing.
  std::uint64_t data_ahead() const { return state_ == State::data ? left_ : 0; }

  bool done() const { return state_ == State::done; }
  bool malformed() const { return state_ == State::malformed; }

private:
  enum class State {
    size,       // the digits of a chunk's size
    extension,  // behind them, to the end of the line
    size_lf,
    data,
    data_cr,
    data_lf,
    trailer_start,  // at the start of a line behind the last chunk
    trailer,
    trailer_lf,
    last_lf,  // of the empty line that ends the body
    done,
    malformed,
  };

  void frame(char c);
  State next(char c);
  State size_digit(char c);
  State line_byte(char c, State at_cr, State otherwise);

  // The data that comes next, at most `room` bytes of it: 0 in the middle of the framing.
  std::size_t data_step(std::size_t room);

  Blanks blanks_;
  State state_ = State::size;
  std::uint64_t data_ = 0;
  std::uint64_t framing_ = 0;
  std::uint64_t left_ = 0;  // of the size being read, then of the chunk's data
  unsigned digits_ = 0;
  unsigned line_bytes_ = 0;  // of extensions in one line, of trailers in all
};

}  // namespace reprise::protocol
