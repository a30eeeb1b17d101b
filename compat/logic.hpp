#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "compat/option_use.hpp"

namespace reprise::compat {

class FileReader;

// Whether a name ends a block: `endif` and its kin, whichever opened it.
bool ends_block(std::string_view name);

// What a block may ask for.
struct LogicFacts {
  const FileReader* files = nullptr;
  std::string host_name;
  // The first option of this name, or null.
  std::function<const OptionUse*(const std::string&)> first_of;
  std::function<bool(const std::string&)> has_plugin;
  // A line for the log.
  std::function<void(const std::string&)> say;
};

// `for`, `if-exists` and the like (spec/config/config-language.md 7), from the option that opens it
// to the one that ends it: what becomes of each option between.
class Block {
public:
  // `use` is the option that opens it. Throws std::runtime_error for an expression that is none.
  Block(const OptionUse& use, const LogicFacts& facts);

  // The values of `%(_)` for which an option is to be stored, once for each; an entry without a
  // text stores it as it is. Conditions are asked again for each option.
  std::vector<std::optional<std::string>> rounds() const;

private:
  struct Condition {
    bool holds = false;
    std::optional<std::string> item;
  };
  Condition condition() const;
  std::vector<std::string> words() const;

  std::string kind_;
  bool negated_ = false;
  std::string argument_;
  const LogicFacts& facts_;
  bool loops_ = false;
  std::vector<std::string> items_;  // of a loop
  bool host_matches_ = false;
};

// The option with `%(_)` in its value replaced.
OptionUse in_round(const OptionUse& use, const std::optional<std::string>& item);

// All names that open a block.
const std::vector<std::string_view>& block_openers();

}  // namespace reprise::compat
