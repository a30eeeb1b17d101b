#include "parsers/positions.hpp"

#include <algorithm>

namespace reprise::parsers {

Position Positions::at(std::size_t offset) {
  const std::size_t wanted = std::min(offset, text_.size());
  for (;;) {
    const std::size_t newline = text_.substr(0, wanted).find('\n', walked_);
    if (newline == std::string_view::npos) break;
    ++line_;
    line_begin_ = walked_ = newline + 1;
  }
  walked_ = std::max(walked_, wanted);
  return {line_, wanted - line_begin_ + 1};
}

}  // namespace reprise::parsers
