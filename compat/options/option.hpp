#pragma once

#include <string_view>
#include <vector>

#include "compat/option_use.hpp"

namespace reprise::compat {

inline constexpr std::string_view own_source = "Reprise";

class Builder;
class OptionList;

enum class Argument { none, optional, required };

enum class Support {
  full,      // does what it says
  accepted,  // without effect of its own here; the help text says why
  ignored,   // uWSGI's, not here: a warning names it
  refused,   // uWSGI's, not here, and not to be ignored: the start fails
};

// One name that may stand before the '='. Aliases are options of their own with the same effect.
struct Option {
  std::string_view name;
  Argument argument = Argument::required;
  Support support = Support::full;
  std::string_view help;
  // Changes the configuration, in the order of the options.
  void (*apply)(Builder&, const OptionUse&) = nullptr;
  // Changes the list of options, as soon as the option is read: files to read, definitions.
  void (*read)(OptionList&, const OptionUse&) = nullptr;
  char letter = 0;       // of the short form, e.g. -M
  bool in_turn = false;  // `read` waits until the options are applied
  // uWSGI acts on it as soon as it is read, so nothing in its value is expanded. The table of
  // uWSGI's names says this of options that are defined elsewhere, too.
  bool immediate = false;
  // Of the registry: whose option it is ("core", "plugin http", own_source), the page of uWSGI's
  // documentation that is about it, what is different here on purpose, and what uWSGI as it is
  // shipped makes of it.
  std::string_view source = "core";
  std::string_view page = "Options";
  std::vector<std::string_view> differs = {};
  std::vector<std::string_view> stock = {};

  bool acts_at_once() const { return immediate || (read != nullptr && !in_turn); }
};

}  // namespace reprise::compat
