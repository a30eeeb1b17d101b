#include "compat/number.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <limits>

namespace reprise::compat {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool equal_without_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
    return std::tolower(static_cast<unsigned char>(x)) ==
           std::tolower(static_cast<unsigned char>(y));
  });
}

std::string_view without_blanks_in_front(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\n\v\f\r");
  return first == std::string_view::npos ? std::string_view() : text.substr(first);
}

}  // namespace

bool reads_as_true(std::string_view text) {
  return text != "0" && !equal_without_case(text, "false") && !equal_without_case(text, "off") &&
         !equal_without_case(text, "no");
}

std::int64_t reads_as_integer(std::string_view text) {
  text = without_blanks_in_front(text);
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  std::uint64_t magnitude = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), magnitude);
  constexpr auto max = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (result.ec == std::errc::result_out_of_range || magnitude > max) magnitude = max;
  const auto value = static_cast<std::int64_t>(magnitude);
  return negative ? -value : value;
}

bool is_whole_number(std::string_view text) {
  text = without_blanks_in_front(text);
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  return !text.empty() && std::all_of(text.begin(), text.end(), is_digit);
}

}  // namespace reprise::compat
