// uWSGI's options that do nothing here: known, so that a file which has them starts and says so.
#include <algorithm>
#include <iterator>

#include "compat/options/other_names.hpp"
#include "compat/options/registry.hpp"

namespace reprise::compat {
namespace {

struct Refused {
  std::string_view name;
  std::string_view why;
};

constexpr std::string_view less_safe = "ignoring it would make the service less safe";
constexpr std::string_view broken = "requests would be misread without it";
constexpr std::string_view language = "this version does not understand it";

// What is not left out in silence: what protects, what changes the bytes that clients send, and
// what decides which options there are.
constexpr Refused refused[] = {
    {"chroot", less_safe},
    {"cap", less_safe},
    {"unshare", less_safe},
    {"unshare2", less_safe},
    {"pivot-root", less_safe},
    {"pivot_root", less_safe},
    {"setns", less_safe},
    {"namespace", less_safe},
    {"ns", less_safe},
    {"namespace-net", less_safe},
    {"ns-net", less_safe},
    {"jailed", less_safe},
    {"immediate-uid", less_safe},
    {"immediate-gid", less_safe},
    {"http-uid", less_safe},
    {"http-gid", less_safe},
    {"emperor", "there is no emperor here"},
    {"http-stud-prefix", broken},
    {"inherit", language},
    {"config", language},
    {"inject-before", language},
    {"inject-after", language},
    {"declare-option", language},
    {"declare-option2", language},
    {"resolve", language},
    {"yaml", language},
    {"yml", language},
    {"json", language},
    {"js", language},
    {"xml", language},
    {"xmlconfig", language},
    {"ini-paste", language},
    {"ini-paste-logged", language},
    {"blacklist", language},
    {"end-blacklist", language},
    {"whitelist", language},
    {"end-whitelist", language},
    {"for", language},
    {"for-glob", language},
    {"for-times", language},
    {"for-readline", language},
    {"if-opt", language},
    {"if-not-opt", language},
    {"if-env", language},
    {"if-not-env", language},
    {"ifenv", language},
    {"if-reload", language},
    {"if-not-reload", language},
    {"if-hostname", language},
    {"if-not-hostname", language},
    {"if-hostname-match", language},
    {"if-not-hostname-match", language},
    {"if-exists", language},
    {"if-not-exists", language},
    {"ifexists", language},
    {"if-plugin", language},
    {"if-not-plugin", language},
    {"ifplugin", language},
    {"if-file", language},
    {"if-not-file", language},
    {"if-dir", language},
    {"if-not-dir", language},
    {"ifdir", language},
    {"if-directory", language},
};

Option make_option(std::string_view name, Argument argument) {
  const auto* found = std::find_if(std::begin(refused), std::end(refused),
                                   [&](const Refused& r) { return r.name == name; });
  if (found != std::end(refused)) return {name, argument, Support::refused, found->why};
  return {name, argument, Support::ignored, "not in this version"};
}

}  // namespace

std::vector<Option> other_options() {
  std::vector<Option> options;
  for (const std::string_view name : others_with_argument)
    options.push_back(make_option(name, Argument::required));
  for (const std::string_view name : others_without_argument)
    options.push_back(make_option(name, Argument::none));
  for (const std::string_view name : others_with_optional_argument)
    options.push_back(make_option(name, Argument::optional));
  return options;
}

}  // namespace reprise::compat
