#pragma once

#include "base/bytes.hpp"

namespace reprise::protocol {

// Finds where a request or response head ends, looking at each byte once however the bytes arrive.
// What no head can contain is noticed at once, not when the end never comes: a line end that is
// not CR LF, a folded line (RFC 9112 5.2), a first byte that begins no method and no version.
class HeadFinder {
public:
  enum class State { incomplete, complete, malformed };

  // `so_far` are all bytes since the head before; each call has the same ones at its front.
  State look(Bytes so_far);

  // Of a complete head: from its first byte to behind its empty line. Empty lines before it are
  // not part of it (RFC 9112 2.2; two are forgiven).
  std::size_t begin() const { return begin_; }
  std::size_t end() const { return end_; }

  // True if the first line has not ended, or ends behind the first `limit` bytes.
  bool first_line_exceeds(std::size_t limit) const { return lines_ == 0 || first_end_ > limit; }

private:
  bool skip_empty_lines(Bytes so_far);

  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::size_t first_end_ = 0;
  std::size_t line_ = 0;   // where the line under way begins
  std::size_t seen_ = 0;   // no line end between there and here
  std::size_t lines_ = 0;  // complete ones
};

}  // namespace reprise::protocol
