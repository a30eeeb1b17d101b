#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "compat/options/option.hpp"

namespace reprise::compat {

// Every option there is, in one table.
class Registry {
public:
  Registry();

  // Null if there is none.
  const Option* find(std::string_view name) const;
  const Option* find_letter(char letter) const;

  // All whose names begin so.
  std::vector<const Option*> with_prefix(std::string_view prefix) const;

  // The option that works whose name is most like this, or an empty text if none is like it.
  std::string_view nearest(std::string_view name) const;

  // What --help prints.
  std::string help(std::string_view program) const;

private:
  void add(const std::vector<Option>& family);

  std::vector<Option> options_;
  std::unordered_map<std::string_view, std::size_t> by_name_;
};

// The families.
std::vector<Option> loading_options();
std::vector<Option> cache_options();
std::vector<Option> tls_options();
std::vector<Option> http_options();
std::vector<Option> rawrouter_options();
std::vector<Option> application_options();
std::vector<Option> process_options();
std::vector<Option> log_options();
std::vector<Option> stats_options();
std::vector<Option> other_options();

}  // namespace reprise::compat
