#include "parsers/syntax_error.hpp"

#include <algorithm>
#include <charconv>
#include <vector>

#include <fmt/format.h>

#include "parsers/positions.hpp"

namespace reprise::parsers {
namespace {

// What is shown of a long line before the column and from it on.
constexpr std::size_t shown_before = 40;
constexpr std::size_t shown_after = 30;
constexpr std::string_view cut_mark = "...";

std::string_view line_of(std::string_view text, std::size_t number) {
  for (std::size_t line = 1; line < number; ++line) {
    const std::size_t newline = text.find('\n');
    if (newline == std::string_view::npos) return {};
    text.remove_prefix(newline + 1);
  }
  return text.substr(0, text.find('\n'));
}

// Not the first byte of a UTF-8 character.
bool continues(char byte) {
  return (static_cast<unsigned char>(byte) & 0xC0) == 0x80;
}

char printable(char byte) {
  if (byte == '\t') return ' ';
  const auto code = static_cast<unsigned char>(byte);
  return code < 0x20 || code == 0x7F ? '?' : byte;
}

std::string shown(std::string_view bytes) {
  std::string result(bytes);
  std::transform(result.begin(), result.end(), result.begin(), printable);
  return result;
}

// The part of a line around `at`, which is an offset in the line. Cuts no UTF-8 character.
struct Excerpt {
  std::string before;
  std::string after;
};

Excerpt excerpt(std::string_view line, std::size_t at) {
  std::size_t begin = at > shown_before ? at - shown_before : 0;
  while (begin < at && continues(line[begin]))
    ++begin;
  std::size_t end = std::min(line.size(), at + shown_after);
  while (end < line.size() && end > at && continues(line[end]))
    --end;
  Excerpt result{shown(line.substr(begin, at - begin)), shown(line.substr(at, end - at))};
  if (begin > 0) result.before.insert(0, cut_mark);
  if (end < line.size()) result.after += cut_mark;
  return result;
}

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    lines.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return lines;
}

// Takes "NUMBER:" off the front.
std::optional<std::size_t> take_number(std::string_view& text) {
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const auto size = static_cast<std::size_t>(end - text.data());
  if (error != std::errc() || size >= text.size() || text[size] != ':') return std::nullopt;
  text.remove_prefix(size + 1);
  return number;
}

// "FILE:LINE:COLUMN: MESSAGE". A file's name may have colons too.
std::optional<Described> read_heading(std::string_view line) {
  for (std::size_t colon = 0; (colon = line.find(':', colon)) != std::string_view::npos; ++colon) {
    std::string_view rest = line.substr(colon + 1);
    const auto number = take_number(rest);
    if (!number) continue;
    const auto column = take_number(rest);
    if (!column || !rest.starts_with(' ')) continue;
    return Described{std::string(line.substr(0, colon)),
                     {*number, *column},
                     std::string(rest.substr(1)),
                     "",
                     ""};
  }
  return std::nullopt;
}

}  // namespace

Position position_of(std::string_view text, std::size_t offset) {
  return Positions(text).at(offset);
}

std::string describe(std::string_view file, std::string_view text, Position where,
                     std::string_view message) {
  return describe_line(file, line_of(text, where.line), where, message);
}

std::string describe_line(std::string_view file, std::string_view line, Position where,
                          std::string_view message) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  const std::size_t column = std::max<std::size_t>(where.column, 1);
  const Excerpt part = excerpt(line, std::min(column - 1, line.size()));
  const auto width = part.before.size() - static_cast<std::size_t>(std::count_if(
                                              part.before.begin(), part.before.end(), continues));
  return fmt::format("{}:{}:{}: {}\n{}{}\n{:>{}}", file, where.line, where.column, message,
                     part.before, part.after, '^', width + 1);
}

std::optional<Described> read_described(std::string_view text) {
  const auto lines = lines_of(text);
  const std::size_t heading = lines.size() - std::min<std::size_t>(3, lines.size());
  const std::string_view caret = lines.back();
  if (lines.size() < 3 || caret.find_first_not_of(' ') != caret.size() - 1 || caret.back() != '^') {
    return std::nullopt;
  }
  auto found = read_heading(lines[heading]);
  if (!found) return std::nullopt;
  found->excerpt = fmt::format("{}\n{}", lines[heading + 1], caret);
  const auto above = static_cast<std::size_t>(lines[heading].data() - text.data());
  found->before = text.substr(0, above > 0 ? above - 1 : 0);
  return found;
}

}  // namespace reprise::parsers
