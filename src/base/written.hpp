#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace reprise {

// A text as the configuration has it, and where it stands there: for messages.
struct Written {
  std::string text;
  std::string origin;  // a place, the line and a caret; may be empty

  bool empty() const { return text.empty(); }
};

// `words`, and the place in the configuration below them.
inline std::string with_origin(std::string_view words, std::string_view origin) {
  std::string text(words);
  if (!origin.empty()) text.append("\n").append(origin);
  return text;
}

// Runs `step`. What it throws is thrown again as a std::runtime_error that names the place.
template <class F>
decltype(auto) at_origin(std::string_view origin, F&& step) {
  try {
    return std::forward<F>(step)();
  } catch (const std::exception& failure) {
    throw std::runtime_error(with_origin(failure.what(), origin));
  }
}

}  // namespace reprise
