#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace reprise::compat {

// Prints JSON with uWSGI's white space (spec/process/stats.md 4): tabs, one member a line, a blank
// line inside what is empty, tabs between a key and its object. Or with none, `minified`. Always
// valid: control characters are escaped, bytes that are not UTF-8 become U+FFFD.
class JsonPrinter {
public:
  explicit JsonPrinter(bool minified) : minified_(minified) {}

  // Objects and lists: as a member of an object with a key, as an item of a list without.
  void begin_object(std::string_view key = {});
  void end_object();
  void begin_list(std::string_view key);
  void end_list();

  void member(std::string_view key, std::string_view text);
  void member(std::string_view key, std::uint64_t number);
  void signed_member(std::string_view key, std::int64_t number);

  // A text in a list, which uWSGI does not indent.
  void item(std::string_view text);

  // The whole document, once every object is ended.
  std::string take() { return std::move(text_); }

private:
  void open(char bracket);
  void close(char bracket);
  void separate();
  void indent();
  void quote(std::string_view text);

  bool minified_;
  std::string text_;
  std::vector<bool> has_members_;  // one entry for each level that is open
};

}  // namespace reprise::compat
