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

  // Every name in a line of its own, in the order of the table.
  std::string names() const;

  const std::vector<Option>& options() const { return options_; }

  // What --explain prints of a name: what it does, what it takes, how far it is supported. Nothing
  // for a name that nobody knows.
  std::string explain(std::string_view name) const;

  // What --help prints.
  std::string help(std::string_view program) const;

private:
  void add(const std::vector<Option>& family, std::string_view page = "Options");
  void add_remarks();
  template <class F>
  void for_each_named(std::string_view names, F&& f);

  std::vector<Option> options_;
  std::unordered_map<std::string_view, std::size_t> by_name_;
};

// The families.
std::vector<Option> loading_options();
std::vector<Option> cache_options();
std::vector<Option> tls_options();
std::vector<Option> session_store_options();
std::vector<Option> http_options();
std::vector<Option> http_edge_options();
std::vector<Option> rawrouter_options();
std::vector<Option> subscription_options();
std::vector<Option> repeater_options();
std::vector<Option> application_options();
std::vector<Option> application_file_options();
std::vector<Option> cheaper_options();
std::vector<Option> process_options();
std::vector<Option> log_options();
std::vector<Option> stats_options();
// uWSGI's names that no family has.
std::vector<Option> names_without_effect();
// Those of all names that uWSGI acts on as soon as it has read them.
std::vector<std::string_view> immediate_names();

// What is to be said of several options; their names have blanks between them.
struct OptionRemark {
  std::string_view names;
  std::string_view text;
};
std::vector<OptionRemark> option_differences();
std::vector<OptionRemark> stock_behaviour();
std::vector<OptionRemark> option_sources();

}  // namespace reprise::compat
