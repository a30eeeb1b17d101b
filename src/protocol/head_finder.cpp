#include "protocol/head_finder.hpp"

#include <algorithm>

#include "protocol/text.hpp"

namespace reprise::protocol {
namespace {

constexpr std::size_t forgiven_empty_lines = 2;

}  // namespace

bool HeadFinder::skip_empty_lines(Bytes so_far) {
  while (begin_ < 2 * forgiven_empty_lines && so_far.substr(begin_).starts_with("\r\n"))
    begin_ += 2;
  if (line_ < begin_) line_ = seen_ = begin_;
  const Bytes rest = so_far.substr(begin_);
  if (rest.empty()) return true;
  if (rest.front() == '\r') return rest.size() == 1 && begin_ < 2 * forgiven_empty_lines;
  return is_token(rest.substr(0, 1));
}

HeadFinder::State HeadFinder::look(Bytes so_far) {
  if (lines_ == 0 && !skip_empty_lines(so_far)) return State::malformed;
  for (;;) {
    const std::size_t lf = so_far.find('\n', seen_);
    if (lf == Bytes::npos) {
      const std::size_t cr = so_far.find('\r', seen_);
      if (cr != Bytes::npos && cr + 1 < so_far.size()) return State::malformed;
      seen_ = std::min(cr, so_far.size());
      return State::incomplete;
    }
    if (lf == begin_ || so_far[lf - 1] != '\r') return State::malformed;
    const bool empty_line = lf - line_ == 1;
    if (empty_line) {
      end_ = lf + 1;
      return State::complete;
    }
    if (lf + 1 == so_far.size()) {
      seen_ = lf;  // whether the line is folded is not known yet
      return State::incomplete;
    }
    if (so_far[lf + 1] == ' ' || so_far[lf + 1] == '\t') return State::malformed;
    line_ = seen_ = lf + 1;
    if (++lines_ == 1) first_end_ = lf + 1;
  }
}

}  // namespace reprise::protocol
