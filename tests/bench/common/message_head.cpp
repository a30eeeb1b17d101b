#include "common/message_head.hpp"

#include <strings.h>

#include <charconv>

namespace reprise::bench {
namespace {

constexpr std::string_view length_name = "Content-Length:";

std::optional<std::uint64_t> length_in(std::string_view line) {
  if (line.size() < length_name.size() ||
      ::strncasecmp(line.data(), length_name.data(), length_name.size()) != 0)
    return std::nullopt;
  line.remove_prefix(length_name.size());
  while (line.starts_with(' ')) line.remove_prefix(1);
  return read_number(line);
}

}  // namespace

std::optional<MessageHead> read_head(std::string_view text) {
  const std::size_t end = text.find("\r\n\r\n");
  if (end == std::string_view::npos) return std::nullopt;
  std::size_t line_end = text.find("\r\n");
  MessageHead head{.first_line = text.substr(0, line_end), .body_length = {}, .size = end + 4};
  while (line_end < end) {
    const std::size_t start = line_end + 2;
    line_end = text.find("\r\n", start);
    if (const auto length = length_in(text.substr(start, line_end - start)))
      head.body_length = length;
  }
  return head;
}

std::optional<std::uint64_t> read_number(std::string_view text) {
  std::uint64_t result = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, result);
  if (error != std::errc{} || stop != end) return std::nullopt;
  return result;
}

}  // namespace reprise::bench
