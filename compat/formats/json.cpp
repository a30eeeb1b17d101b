#include <boost/json/basic_parser_impl.hpp>
#include <fmt/format.h>

#include "compat/formats/format.hpp"

namespace reprise::compat {
namespace {

// Takes what Boost.JSON's parser finds. A number keeps its text: "2.50" is not "2.5".
struct Handler {
  static constexpr std::size_t max_object_size = 1 << 20;
  static constexpr std::size_t max_array_size = 1 << 20;
  static constexpr std::size_t max_key_size = 1 << 20;
  static constexpr std::size_t max_string_size = 1 << 20;

  using Error = boost::json::error_code;
  using Text = boost::json::string_view;

  std::string wanted;
  bool found = false;
  Pairs pairs;

  bool on_document_begin(Error&) { return true; }
  bool on_document_end(Error&) { return true; }
  bool on_object_begin(Error&) {
    ++depth;
    if (depth == 2 && !found && !in_list && key == wanted) inside = found = true;
    in_list = false;
    return true;
  }
  bool on_object_end(std::size_t, Error&) {
    if (depth == 2) inside = false;
    --depth;
    return true;
  }
  bool on_array_begin(Error&) {
    ++depth;
    in_list = true;
    return true;
  }
  bool on_array_end(std::size_t, Error&) {
    --depth;
    in_list = false;
    return true;
  }
  bool on_key_part(Text text, std::size_t, Error&) { return collect(text); }
  bool on_key(Text text, std::size_t, Error&) {
    collect(text);
    key = std::exchange(part, {});
    return true;
  }
  bool on_string_part(Text text, std::size_t, Error&) { return collect(text); }
  bool on_string(Text text, std::size_t, Error&) { return add(text); }
  bool on_number_part(Text text, Error&) { return collect(text); }
  bool on_int64(std::int64_t, Text text, Error&) { return add(text); }
  bool on_uint64(std::uint64_t, Text text, Error&) { return add(text); }
  bool on_double(double, Text text, Error&) { return add(text); }
  bool on_bool(bool value, Error&) { return add(value ? "1" : "0"); }
  bool on_null(Error&) { return add("0"); }
  bool on_comment_part(Text, Error&) { return true; }
  bool on_comment(Text, Error&) { return true; }

private:
  bool collect(Text text) {
    part.append(text.data(), text.size());
    return true;
  }
  bool add(Text text) {
    collect(text);
    const std::string value = std::exchange(part, {});
    const std::size_t own_depth = in_list ? 3 : 2;
    if (inside && depth == own_depth) pairs.push_back({key, value, nowhere});
    return true;
  }

  std::size_t depth = 0;
  bool inside = false;   // the section
  bool in_list = false;  // the innermost is a list
  std::string key;
  std::string part;
};

}  // namespace

Pairs read_json(const std::string& text, const std::string& section) {
  boost::json::parse_options options;
  options.allow_comments = true;
  boost::json::basic_parser<Handler> parser(options);
  Handler& handler = parser.handler();
  handler.wanted = section;
  boost::json::error_code error;
  const std::size_t read = parser.write_some(false, text.data(), text.size(), error);
  const bool more = !error && text.find_first_not_of(" \t\r\n", read) != std::string::npos;
  if (error || more) {
    throw FormatError(
        fmt::format("error parsing JSON data: {}", more ? "extra data" : error.message()),
        parsers::position_of(text, read));
  }
  if (!handler.found) {
    throw FormatError(fmt::format("you must define a object named {} in your JSON data", section),
                      nowhere);
  }
  return std::move(handler.pairs);
}

}  // namespace reprise::compat
