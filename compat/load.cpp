#include "compat/load.hpp"

#include <unistd.h>

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "compat/builder.hpp"
#include "compat/command_line.hpp"
#include "compat/expand.hpp"
#include "compat/option_list.hpp"
#include "config/validate.hpp"

namespace reprise::compat {
namespace {

std::vector<std::string> environment() {
  std::vector<std::string> entries;
  for (char** entry = ::environ; entry != nullptr && *entry != nullptr; ++entry)
    entries.emplace_back(*entry);
  return entries;
}

// A key that no option has is a definition; one that nothing refers to is more likely a slip.
void warn_of_unknown(const OptionUse& use, const Registry& registry,
                     const std::vector<std::string>& referred, std::set<std::string>& warned,
                     Builder& builder) {
  if (use.settled || !warned.insert(use.name).second) return;
  if (std::find(referred.begin(), referred.end(), use.name) != referred.end()) return;
  const std::string_view nearest = registry.nearest(use.name);
  builder.warn(use,
               fmt::format("unknown option \"{}\"{}", use.name,
                           nearest.empty() ? "" : fmt::format(", did you mean \"{}\"?", nearest)));
}

// uWSGI's form (spec/config/config-language.md 12).
std::string print(const std::vector<OptionUse>& uses) {
  std::string text = "\n;uWSGI instance configuration\n[uwsgi]\n";
  for (const OptionUse& use : uses)
    text += fmt::format("{} = {}\n", use.name, use.value.value_or("true"));
  return text + ";end of configuration\n";
}

void apply(const std::vector<OptionUse>& uses, const Registry& registry,
           const std::vector<std::string>& referred, Builder& builder) {
  std::set<std::string> warned;
  for (const OptionUse& use : uses) {
    const Option* option = registry.find(use.name);
    if (option == nullptr) {
      warn_of_unknown(use, registry, referred, warned, builder);
    } else if (option->support == Support::accepted) {
      builder.remark(use, fmt::format("{} changes nothing here: {}", use.name, option->help));
      if (option->apply != nullptr) option->apply(builder, use);
    } else if (option->support == Support::ignored) {
      builder.warn(use, fmt::format("the option \"{}\" has no effect: {}", use.name, option->help));
    } else if (option->apply != nullptr && !use.settled) {
      option->apply(builder, use);
    }
    if (builder.print_version) return;
  }
  builder.finish();
}

}  // namespace

Loaded load(const std::vector<std::string>& arguments, const FileReader& files,
            const std::vector<std::string>& environment_entries) {
  const Registry registry;
  const MagicFacts facts = MagicFacts::of_this_process();
  OptionList list(registry, files, facts);
  read_environment(environment_entries, list);
  read_command_line(arguments, registry, list);

  Loaded loaded;
  const Request request = list.request();
  if (request == Request::help) {
    loaded.action = Action::print_and_exit;
    loaded.text = registry.help(arguments.front());
    return loaded;
  }
  if (request != Request::none) {
    loaded.action = request == Request::stop ? Action::stop : Action::reload;
    loaded.pidfile = list.pidfile();
    return loaded;
  }
  list.check_names();
  const auto referred = expand(list.uses(), files, list.messages());
  Builder builder(list.uses(), list.messages());
  apply(list.uses(), registry, referred, builder);
  if (builder.print_version) {
    loaded.action = Action::print_and_exit;
    loaded.text = fmt::format("{}\n", version);
    return loaded;
  }
  for (const std::string& warning : config::validate(builder.config))
    list.messages().push_back(fmt::format("*** WARNING: {} ***", warning));
  loaded.config = std::move(builder.config);
  loaded.as_ini = print(list.uses());
  loaded.messages = std::move(list.messages());
  return loaded;
}

Loaded load(const std::vector<std::string>& arguments) {
  return load(arguments, SystemFiles(), environment());
}

}  // namespace reprise::compat
