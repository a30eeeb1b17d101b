#pragma once

#include <cstdint>

#include "base/bytes.hpp"

namespace reprise::protocol {

// Follows the framing of a chunked body (RFC 9112 7.1) that is passed on as it is, to know where it
// ends. Strict: CR LF only, at most 16 hexadecimal digits, bounded extensions and trailers.
class ChunkedFollower {
public:
  // Looks at the next bytes and says how many of them belong to the body: all, unless it ends (or
  // breaks) among them.
  std::size_t take(Bytes bytes);

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

  State next(char c);
  State size_digit(char c);
  State line_byte(char c, State at_cr, State otherwise);

  State state_ = State::size;
  std::uint64_t left_ = 0;  // of the size being read, then of the chunk's data
  unsigned digits_ = 0;
  unsigned line_bytes_ = 0;  // of extensions in one line, of trailers in all
};

}  // namespace reprise::protocol
