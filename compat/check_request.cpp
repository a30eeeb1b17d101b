#include "compat/check_request.hpp"

#include <algorithm>
#include <set>
#include <string_view>

#include <fmt/format.h>

#include "compat/declared.hpp"
#include "compat/load.hpp"
#include "compat/options/registry.hpp"

namespace reprise::compat {
namespace {

constexpr std::string_view check = "check";
constexpr std::string_view format = "check-format";

// Tells flags with their values from words, as the start does (command_line.cpp).
class Split {
public:
  explicit Split(const std::vector<std::string>& arguments) : arguments_(arguments) {
    flags.push_back(arguments.front());
    for (next_ = 1; next_ < arguments_.size();) {
      const std::string& argument = arguments_[next_++];
      if (argument == "--") break;
      if (argument.starts_with("--")) {
        take_long(argument);
      } else if (argument.size() > 1 && argument.front() == '-') {
        take_short(argument);
      } else {
        words.push_back(argument);
      }
    }
    words.insert(words.end(), arguments_.begin() + static_cast<std::ptrdiff_t>(next_),
                 arguments_.end());
  }

  bool asked = false;
  std::string wanted_format = "text";
  std::vector<std::string> flags;  // the program's name first
  std::vector<std::string> words;
  std::string first_file;  // of --ini and its kin

private:
  bool needs_value(const std::string& name) const {
    if (const Option* option = registry_.find(name)) return option->argument == Argument::required;
    if (declared_.contains(name)) return true;
    const auto alike = registry_.with_prefix(name);
    return !alike.empty() && alike.front()->argument == Argument::required;
  }

  std::string value_of(const std::string& argument, std::size_t equals) {
    if (equals != std::string::npos) return argument.substr(equals + 1);
    return next_ < arguments_.size() ? arguments_[next_++] : std::string();
  }

  void take_long(const std::string& argument) {
    const std::size_t equals = argument.find('=');
    const std::string name = argument.substr(2, equals - (equals == std::string::npos ? 0 : 2));
    if (name == check || name == format) {
      asked = true;
      if (name == format) wanted_format = value_of(argument, equals);
      return;
    }
    flags.push_back(argument);
    if (!needs_value(name)) return;
    const std::string value = value_of(argument, equals);
    if (equals == std::string::npos) flags.push_back(value);
    note(name, value);
  }

  void note(const std::string& name, const std::string& value) {
    static const std::set<std::string> loads = {"ini", "yaml", "yml",       "json",
                                                "js",  "xml",  "xmlconfig", "config"};
    if (loads.contains(name) && first_file.empty()) first_file = value;
    const std::size_t equals = value.find('=');
    if (!name.starts_with("declare-option") || equals == std::string::npos) return;
    const DeclaredOption made{value.substr(0, equals), value.substr(equals + 1)};
    if (made.takes_argument()) declared_.insert(made.name);
  }

  void take_short(const std::string& letters) {
    flags.push_back(letters);
    for (std::size_t i = 1; i < letters.size(); ++i) {
      const Option* option = registry_.find_letter(letters[i]);
      if (option == nullptr) return;
      if (option->argument == Argument::none) continue;
      const bool apart = option->argument == Argument::required && i + 1 == letters.size();
      if (apart && next_ < arguments_.size()) flags.push_back(arguments_[next_++]);
      return;
    }
  }

  const std::vector<std::string>& arguments_;
  const Registry registry_;
  std::set<std::string> declared_;
  std::size_t next_ = 1;
};

}  // namespace

std::optional<CheckRequest> check_request(const std::vector<std::string>& arguments) {
  const auto may_ask = [](const std::string& argument) { return argument.starts_with("--check"); };
  if (std::none_of(arguments.begin(), arguments.end(), may_ask)) return std::nullopt;
  const Split split(arguments);
  if (!split.asked) return std::nullopt;
  if (split.wanted_format != "text" && split.wanted_format != "json") {
    throw ConfigurationError(
        fmt::format("--{}={}: text or json expected", format, split.wanted_format));
  }
  CheckRequest request;
  request.as_json = split.wanted_format == "json";
  for (const std::string& word : split.words) {
    std::vector<std::string> alone = split.flags;
    alone.push_back(word);
    request.configurations.emplace_back(word, std::move(alone));
  }
  if (split.words.empty()) {
    request.configurations.emplace_back(
        split.first_file.empty() ? "command line" : split.first_file, split.flags);
  }
  return request;
}

std::string explain_check(std::string_view name) {
  const bool is_format = name == format;
  if (name != check && !is_format) return {};
  return fmt::format(
      "{}\n  takes: {}\n  support: full, on the command line alone\n  meaning: {}\n"
      "  source: Reprise's own option; compat/README.md, \"The check\"\n",
      name, is_format ? "a value" : "no value",
      is_format ? "text or json: the form of what --check prints"
                : "tell whether these files would start, and what will be different; start "
                  "nothing. Exit 0, 1 (warnings), 2 (will not start)");
}

}  // namespace reprise::compat
