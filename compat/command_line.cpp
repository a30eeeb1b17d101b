#include "compat/command_line.hpp"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <memory>

#include <fmt/format.h>

namespace reprise::compat {
namespace {

class CommandLine {
public:
  CommandLine(const std::vector<std::string>& arguments, const Registry& registry, OptionList& list)
      : arguments_(arguments), registry_(registry), list_(list) {}

  void read() {
    for (next_ = 1; next_ < arguments_.size();) {
      const std::string& argument = arguments_[next_++];
      if (argument == "--") break;
      if (argument.starts_with("--")) {
        read_long(argument.substr(2));
      } else if (argument.size() > 1 && argument.front() == '-') {
        read_short(argument);
      } else {
        words_.push_back(argument);
        if (std::getenv("POSIXLY_CORRECT") != nullptr) break;
      }
    }
    words_.insert(words_.end(), arguments_.begin() + static_cast<std::ptrdiff_t>(next_),
                  arguments_.end());
    for (const std::string& word : words_)
      list_.files().load_word(word);
  }

private:
  [[noreturn]] void fail(std::string_view text) const {
    throw ConfigurationError(fmt::format("{}: {}\ngetopt_long() error", arguments_[0], text),
                             list_.messages());
  }

  struct Flag {
    std::string name;
    Argument argument = Argument::none;
  };

  Flag find_long(const std::string& name) const {
    if (const Option* exact = registry_.find(name)) return {name, exact->argument};
    if (const DeclaredOption* declared = list_.find_declared(name)) {
      return {name, declared->takes_argument() ? Argument::required : Argument::none};
    }
    const auto matches = registry_.with_prefix(name);
    if (matches.empty() || name.empty()) fail(fmt::format("unrecognized option '--{}'", name));
    const bool one_effect = std::all_of(matches.begin(), matches.end(), [&](const Option* o) {
      return o->apply == matches.front()->apply && o->read == matches.front()->read &&
             o->apply != nullptr;
    });
    if (matches.size() == 1 || one_effect) {
      return {std::string(matches.front()->name), matches.front()->argument};
    }
    std::string possibilities;
    for (const Option* option : matches)
      possibilities += fmt::format(" '--{}'", option->name);
    fail(fmt::format("option '--{}' is ambiguous; possibilities:{}", name, possibilities));
  }

  void read_long(const std::string& text) {
    const std::size_t equals = text.find('=');
    const Flag flag = find_long(text.substr(0, equals));
    if (equals != std::string::npos) {
      if (flag.argument == Argument::none) {
        fail(fmt::format("option '--{}' doesn't allow an argument", flag.name));
      }
      return append(flag.name, text.substr(equals + 1));
    }
    if (flag.argument != Argument::required) return append(flag.name, std::nullopt);
    if (next_ == arguments_.size()) {
      fail(fmt::format("option '--{}' requires an argument", flag.name));
    }
    append(flag.name, arguments_[next_++]);
  }

  // `-M`, `-p4`, `-p 4`, `-MTp4`.
  void read_short(const std::string& letters) {
    for (std::size_t i = 1; i < letters.size(); ++i) {
      const Option* option = registry_.find_letter(letters[i]);
      if (option == nullptr) fail(fmt::format("invalid option -- '{}'", letters[i]));
      const std::string rest = letters.substr(i + 1);
      if (option->argument == Argument::none) {
        append(option->name, std::nullopt);
        continue;
      }
      if (!rest.empty()) return append(option->name, rest);
      if (option->argument == Argument::optional) return append(option->name, std::nullopt);
      if (next_ == arguments_.size()) {
        fail(fmt::format("option requires an argument -- '{}'", letters[i]));
      }
      return append(option->name, arguments_[next_++]);
    }
  }

  void append(std::string_view name, std::optional<std::string> value) {
    const std::string& argument = arguments_[next_ - 1];
    OptionUse use;
    use.name = name;
    use.value = std::move(value);
    use.place.source = std::make_shared<const SourceText>(SourceText{"command line", argument});
    use.rewritten = true;
    list_.append(std::move(use));
  }

  const std::vector<std::string>& arguments_;
  const Registry& registry_;
  OptionList& list_;
  std::vector<std::string> words_;
  std::size_t next_ = 1;
};

}  // namespace

void read_command_line(const std::vector<std::string>& arguments, const Registry& registry,
                       OptionList& list) {
  CommandLine(arguments, registry, list).read();
}

void read_environment(const std::vector<std::string>& entries, OptionList& list) {
  constexpr std::string_view prefix = "UWSGI_";
  // The program's own, not options.
  constexpr std::string_view reserved[] = {
      "UWSGI_RELOADS",       "UWSGI_VASSALS_DIR",   "UWSGI_EMPEROR_FD", "UWSGI_EMPEROR_FD_CONFIG",
      "UWSGI_EMPEROR_PROXY", "UWSGI_BROODLORD_NUM", "UWSGI_JAIL_PID",   "UWSGI_ORIGINAL_PROC_NAME"};
  for (const std::string& entry : entries) {
    const std::size_t equals = entry.find('=');
    if (!entry.starts_with(prefix) || equals == std::string::npos) continue;
    const std::string variable = entry.substr(0, equals);
    if (std::find(std::begin(reserved), std::end(reserved), variable) != std::end(reserved)) {
      continue;
    }
    OptionUse use;
    for (const char c : variable.substr(prefix.size())) {
      use.name += c == '_' ? '-' : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    }
    use.value = entry.substr(equals + 1);
    use.place.source = std::make_shared<const SourceText>(SourceText{"environment", entry});
    use.rewritten = true;
    list.append(std::move(use));
  }
}

}  // namespace reprise::compat
