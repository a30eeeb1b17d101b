#include "compat/remembered_sources.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

#include <fmt/format.h>

namespace reprise::compat {
namespace {

// "SIZE\n" and so many bytes, off the front; nothing if they are not there.
std::optional<std::string> take_text(std::string_view& rest) {
  std::size_t size = 0;
  const char* const end = rest.data() + rest.size();
  const auto [stopped, error] = std::from_chars(rest.data(), end, size);
  if (error != std::errc() || stopped == end || *stopped != '\n') return {};
  rest.remove_prefix(static_cast<std::size_t>(stopped + 1 - rest.data()));
  if (size > rest.size()) return {};
  std::string text(rest.substr(0, size));
  rest.remove_prefix(size);
  return text;
}

}  // namespace

RememberedSources::RememberedSources(std::string_view encoded) {
  while (!encoded.empty()) {
    auto name = take_text(encoded);
    auto text = name ? take_text(encoded) : std::nullopt;
    if (!text) return;
    sources_.push_back({std::move(*name), std::move(*text)});
  }
}

std::string RememberedSources::read(const std::string& name, std::size_t limit) const {
  if (!has_scheme(name)) return SystemFiles::read(name, limit);
  const auto known = std::find_if(sources_.begin(), sources_.end(), [&](const Source& source) {
    return source.name == name && !source.given && source.text.size() <= limit;
  });
  if (known != sources_.end()) {
    known->given = true;
    return known->text;
  }
  std::string text = SystemFiles::read(name, limit);
  sources_.push_back({name, text, /*given=*/true});
  return text;
}

std::string RememberedSources::encode() const {
  std::string all;
  for (const Source& source : sources_)
    all += fmt::format("{}\n{}{}\n{}", source.name.size(), source.name, source.text.size(),
                       source.text);
  return all;
}

}  // namespace reprise::compat
