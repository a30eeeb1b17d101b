#include "compat/options/registry.hpp"

#include <algorithm>
#include <numeric>

#include <fmt/format.h>

#include "compat/check_request.hpp"
#include "compat/options/distance.hpp"

namespace reprise::compat {
namespace {

const char* words_for(Support support) {
  switch (support) {
    case Support::accepted:
      return "accepted, and nothing to do for it";
    case Support::ignored:
      return "known, without effect";
    case Support::refused:
      return "refused: the start fails";
    case Support::full:
      break;
  }
  return "full";
}

// Where the option comes from, and where it is documented.
std::string source_of(const Option& option) {
  if (option.source == own_source) {
    return "  source: Reprise's own option; compat/README.md, \"Options of our own\"\n";
  }
  return fmt::format("  source: uWSGI, {}; https://uwsgi-docs.readthedocs.io/en/latest/{}.html\n",
                     option.source, option.page);
}

}  // namespace

Registry::Registry() {
  add(loading_options(), "Configuration");
  add(cache_options(), "Caching");
  add(tls_options(), "HTTPS");
  add(session_store_options());
  add(http_options(), "HTTP");
  add(http_edge_options());
  add(rawrouter_options());
  add(subscription_options(), "SubscriptionServer");
  add(repeater_options());
  add(application_options(), "WSGIquickstart");
  add(application_file_options());
  add(cheaper_options());
  add(process_options());
  add(log_options(), "Logging");
  add(stats_options(), "StatsServer");
  add(names_without_effect());
  for (const std::string_view name : immediate_names()) {
    if (const auto found = by_name_.find(name); found != by_name_.end())
      options_[found->second].immediate = true;
  }
  add_remarks();
}

template <class F>
void Registry::for_each_named(std::string_view names, F&& f) {
  while (!names.empty()) {
    const std::size_t end = std::min(names.find(' '), names.size());
    const auto found = by_name_.find(names.substr(0, end));
    if (found != by_name_.end()) f(options_[found->second]);
    names.remove_prefix(std::min(end + 1, names.size()));
  }
}

void Registry::add_remarks() {
  constexpr std::string_view routers[] = {"fastrouter", "sslrouter", "rawrouter"};
  constexpr std::string_view plugins[] = {"plugin fastrouter", "plugin sslrouter",
                                          "plugin rawrouter"};
  for (Option& option : options_) {
    for (std::size_t i = 0; i < std::size(routers); ++i)
      if (option.name.starts_with(routers[i])) option.source = plugins[i];
  }
  for (const auto& [names, source] : option_sources())
    for_each_named(names, [&](Option& option) { option.source = source; });
  for (const auto& [names, text] : option_differences())
    for_each_named(names, [&](Option& option) { option.differs.push_back(text); });
  for (const auto& [names, text] : stock_behaviour())
    for_each_named(names, [&](Option& option) { option.stock.push_back(text); });
}

void Registry::add(const std::vector<Option>& family, std::string_view page) {
  for (const Option& option : family) {
    const auto [found, is_new] = by_name_.try_emplace(option.name, options_.size());
    if (is_new) {
      options_.push_back(option);
      options_.back().page = page;
    } else if (options_[found->second].letter == 0) {
      options_[found->second].letter = option.letter;
    }
  }
}

const Option* Registry::find(std::string_view name) const {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : &options_[found->second];
}

const Option* Registry::find_letter(char letter) const {
  const auto found = std::find_if(options_.begin(), options_.end(),
                                  [&](const Option& option) { return option.letter == letter; });
  return letter == 0 || found == options_.end() ? nullptr : &*found;
}

std::vector<const Option*> Registry::with_prefix(std::string_view prefix) const {
  std::vector<const Option*> found;
  for (const Option& option : options_) {
    if (option.name.starts_with(prefix)) found.push_back(&option);
  }
  return found;
}

std::string_view Registry::nearest(std::string_view name) const {
  constexpr std::size_t longest_name = 64;
  if (name.size() > longest_name) return {};
  std::size_t best = std::max<std::size_t>(1, name.size() / 4) + 1;  // must be better than this
  std::string_view nearest;
  for (const Option& option : options_) {
    if (option.support != Support::full && option.support != Support::accepted) continue;
    if (const std::size_t d = distance(name, option.name); d < best) {
      best = d;
      nearest = option.name;
    }
  }
  return nearest;
}

std::string Registry::explain(std::string_view name) const {
  const Option* option = find(name);
  if (option == nullptr) return explain_check(name);
  const char* takes = option->argument == Argument::none       ? "no value"
                      : option->argument == Argument::optional ? "a value, or none"
                                                               : "a value";
  const std::string letter = option->letter != 0 ? fmt::format(", or -{}", option->letter) : "";
  std::string text = fmt::format("{}{}\n  takes: {}\n", name, letter, takes);
  text += fmt::format("  support: {}\n", words_for(option->support));
  const bool works = option->support == Support::full;
  text += fmt::format("  {}: {}\n", works ? "meaning" : "why", option->help);
  if (option->acts_at_once()) {
    text += "  acts when it is read: $( ), @( ) and %( ) in its value stay as they are\n";
  }
  for (const std::string_view difference : option->differs)
    text += fmt::format("  differs from uWSGI: {}\n", difference);
  for (const std::string_view fact : option->stock)
    text += fmt::format("  uWSGI as it is shipped: {}\n", fact);
  return text + source_of(*option);
}

std::string Registry::names() const {
  std::string text;
  for (const Option& option : options_)
    text.append(option.name) += '\n';
  return text;
}

std::string Registry::help(std::string_view program) const {
  std::string text = fmt::format(
      "Usage: {} [options...] [file.ini...]\n"
      "       {} --check [--check-format=json] [options...] [file.ini...]\n",
      program, program);
  for (const Option& option : options_) {
    if (option.support != Support::full) continue;
    const char* argument = option.argument == Argument::none       ? ""
                           : option.argument == Argument::optional ? "[=arg]"
                                                                   : " <arg>";
    const std::string letter = option.letter != 0 ? fmt::format("-{}|", option.letter) : "";
    text += fmt::format("    {:<40} {}\n", fmt::format("{}--{}{}", letter, option.name, argument),
                        option.help);
  }
  return text;
}

}  // namespace reprise::compat
