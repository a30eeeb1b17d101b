#include "compat/options/registry.hpp"

#include <algorithm>
#include <numeric>

#include <fmt/format.h>

namespace reprise::compat {
namespace {

// Levenshtein distance, with a swap of neighbours as one step.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
  std::iota(last.begin(), last.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t change = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({change, last[j] + 1, row[j - 1] + 1});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        row[j] = std::min(row[j], before[j - 2] + 1);
      }
    }
    before.swap(last);
    last.swap(row);
  }
  return last[b.size()];
}

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

}  // namespace

Registry::Registry() {
  add(loading_options());
  add(cache_options());
  add(tls_options());
  add(http_options());
  add(http_edge_options());
  add(rawrouter_options());
  add(subscription_options());
  add(application_options());
  add(process_options());
  add(log_options());
  add(stats_options());
  add(names_without_effect());
  for (const std::string_view name : immediate_names()) {
    if (const auto found = by_name_.find(name); found != by_name_.end())
      options_[found->second].immediate = true;
  }
}

void Registry::add(const std::vector<Option>& family) {
  for (const Option& option : family) {
    const auto [found, is_new] = by_name_.try_emplace(option.name, options_.size());
    if (is_new) {
      options_.push_back(option);
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
  if (option == nullptr) return {};
  const char* takes = option->argument == Argument::none       ? "no value"
                      : option->argument == Argument::optional ? "a value, or none"
                                                               : "a value";
  const std::string letter = option->letter != 0 ? fmt::format(", or -{}", option->letter) : "";
  std::string text = fmt::format("{}{}\n  takes: {}\n", name, letter, takes);
  text += fmt::format("  support: {}\n", words_for(option->support));
  const bool works = option->support == Support::full;
  text += fmt::format("  {}: {}\n", works ? "meaning" : "why", option->help);
  if (!option->acts_at_once()) return text;
  return text + "  acts when it is read: $( ), @( ) and %( ) in its value stay as they are\n";
}

std::string Registry::names() const {
  std::string text;
  for (const Option& option : options_)
    text.append(option.name) += '\n';
  return text;
}

std::string Registry::help(std::string_view program) const {
  std::string text = fmt::format("Usage: {} [options...] [file.ini...]\n", program);
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
