#include "compat/load.hpp"

#include <unistd.h>

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "compat/beside_uwsgi.hpp"
#include "compat/builder.hpp"
#include "compat/command_line.hpp"
#include "compat/expand.hpp"
#include "compat/option_list.hpp"
#include "config/validate.hpp"

namespace reprise::compat {
namespace {

constexpr std::size_t max_unknown_warnings = 100;

// What becomes of a mistake: it ends the start; or it is kept, and the walk goes on.
class Mistakes {
public:
  // Null: the first one is thrown.
  explicit Mistakes(std::vector<Finding>* kept) : kept_(kept) {}

  template <class F>
  void attempt(F&& step) {
    if (kept_ == nullptr) return step();
    try {
      step();
    } catch (const ConfigurationError& error) {
      keep(error);
    }
  }
  void keep(const ConfigurationError& error) {
    kept_->push_back(finding_of(Severity::error, error.code, error.what()));
    ++count_;
  }
  bool are_kept() const { return kept_ != nullptr; }
  bool any() const { return count_ > 0; }

private:
  std::vector<Finding>* kept_;
  std::size_t count_ = 0;
};

// A key that no option has is a definition; one that nothing refers to is more likely a slip.
void warn_of_unknown(OptionList& list, const std::vector<OptionUse>& uses, const Registry& registry,
                     const std::set<std::string>& referred, Builder& builder) {
  std::set<std::string> warned = referred;
  warned.insert(list.asked_for().begin(), list.asked_for().end());
  std::size_t unknown = 0;
  for (const OptionUse& use : uses) {
    if (use.settled || registry.find(use.name) != nullptr) continue;
    if (list.find_declared(use.name) != nullptr || ends_block(use.name)) continue;
    if (!warned.insert(use.name).second) continue;
    if (++unknown > max_unknown_warnings) continue;
    const std::string_view nearest = registry.nearest(use.name);
    if (nearest == "cache-udp-secret") {
      builder.fail(
          use, fmt::format("unknown option \"{}\"", use.name),
          "cache-udp-secret = FILE expected: with a slip in it the cache would be told in the "
          "clear");
    }
    builder.warn(use, fmt::format("unknown option \"{}\"", use.name), Code::unknown,
                 nearest.empty() ? "" : fmt::format("did you mean \"{}\"?", nearest));
  }
  if (unknown > max_unknown_warnings) {
    list.messages().push_back(
        fmt::format("*** WARNING: {} more unknown options ***", unknown - max_unknown_warnings));
  }
}

// uWSGI's form (spec/config/config-language.md 12).
std::string print(const std::vector<OptionUse>& uses) {
  std::string text = "\n;uWSGI instance configuration\n[uwsgi]\n";
  for (const OptionUse& use : uses)
    text += fmt::format("{} = {}\n", use.name, use.value.value_or("true"));
  return text + ";end of configuration\n";
}

void apply(const OptionUse& use, const Option& option, Builder& builder) {
  if (option.support == Support::accepted) {
    builder.remark(use, fmt::format("{} changes nothing here: {}", use.name, option.help));
  } else if (option.support == Support::ignored) {
    builder.warn(use, fmt::format("the option \"{}\" has no effect: {}", use.name, option.help),
                 Code::no_effect);
  } else if (option.support == Support::refused) {
    builder.fail(use, fmt::format("the option \"{}\" is not supported", use.name), option.help,
                 Code::refused);
  }
  if (option.apply != nullptr) option.apply(builder, use);
}

void apply(const std::vector<OptionUse>& effects, const Registry& registry, Builder& builder,
           Mistakes& mistakes) {
  for (const OptionUse& use : effects) {
    mistakes.attempt([&] { apply(use, *registry.find(use.name), builder); });
    if (builder.print_version) return;
  }
}

// The first value of each key that has one.
std::string values_of(const std::vector<std::string>& keys, const OptionList& list) {
  std::string text;
  for (const std::string& key : keys) {
    const OptionUse* use = list.first_of(key);
    if (use != nullptr && use->value) text += *use->value + '\n';
  }
  return text;
}

void print_and_exit(Loaded& loaded, const std::string& text, int status = 0) {
  loaded.action = Action::print_and_exit;
  loaded.status = status;
  loaded.text += text;
}

// What was asked for instead of serving, by an option that acts at once.
void answer(OptionList& list, const Registry& registry, const std::string& program,
            Loaded& loaded) {
  switch (list.request()) {
    case Request::help:
      return print_and_exit(loaded, registry.help(program));
    case Request::dump_options:
      return print_and_exit(loaded, registry.names());
    case Request::exit:
      loaded.messages = list.messages();
      return print_and_exit(loaded, "", list.status());
    case Request::stop:
      loaded.action = Action::stop;
      break;
    case Request::reload:
      loaded.action = Action::reload;
      break;
    case Request::pause:
      loaded.action = Action::pause;
      break;
    case Request::connect_and_read:
      loaded.action = Action::connect_and_read;
      break;
    case Request::none:
      break;
  }
  loaded.subject = list.subject();
}

// All sources, up to the configuration.
class Loading {
public:
  Loading(const Registry& registry, const FileReader& files, OptionList& list)
      : registry_(registry), files_(files), list_(list) {}

  void read(const std::vector<std::string>& arguments,
            const std::vector<std::string>& environment) {
    read_environment(environment, list_);
    read_command_line(arguments, registry_, list_);
    referred_ = expand(list_.uses(), files_, list_.messages());
    effects_ = list_.settle();
    if (!list_.shows()) return;
    list_.messages().push_back(print(list_.uses()));
  }

  void build(Loaded& loaded, Mistakes& mistakes) const {
    if (!list_.keys_to_print().empty()) {
      return print_and_exit(loaded, values_of(list_.keys_to_print(), list_));
    }
    Builder builder(effects_, list_.messages(), list_.findings());
    try {
      apply(effects_, registry_, builder, mistakes);
      if (builder.print_version) {
        return print_and_exit(loaded, builder.output + fmt::format("{}\n", version));
      }
      warn_of_unknown(list_, list_.uses(), registry_, referred_, builder);
      mistakes.attempt([&] { builder.finish(); });
      // As they are written, unknown ones too: applications read their own there.
      for (const OptionUse& use : list_.uses())
        builder.config.application.options.emplace_back(use.name, use.value);
      // What is missing may be what was wrong.
      if (!mistakes.any()) mistakes.attempt([&] { validate(builder.config); });
    } catch (ConfigurationError& error) {
      error.output = builder.output;
      throw;
    }
    loaded.text += builder.output;
    loaded.config = std::move(builder.config);
    loaded.as_ini = print(list_.uses());
    loaded.messages = std::move(list_.messages());
    if (!mistakes.are_kept()) return;
    compare_with_uwsgi(effects_, registry_, list_.findings());
  }

private:
  void validate(const config::Config& config) const {
    try {
      for (const std::string& warning : config::validate(config)) {
        list_.messages().push_back(fmt::format("*** WARNING: {} ***", warning));
        list_.findings().push_back(finding_of(Severity::warning, Code::whole, warning));
      }
    } catch (const std::runtime_error& error) {
      ConfigurationError failure(error.what(), list_.messages());
      failure.code = Code::whole;
      throw failure;
    }
  }

  const Registry& registry_;
  const FileReader& files_;
  OptionList& list_;
  std::set<std::string> referred_;
  std::vector<OptionUse> effects_;
};

Loaded walk(const std::vector<std::string>& arguments, const FileReader& files,
            const std::vector<std::string>& environment_entries, bool keeps_mistakes) {
  const Registry registry;
  const MagicFacts facts = MagicFacts::of_this_process();
  OptionList list(registry, files, facts);
  Loading loading(registry, files, list);
  Mistakes mistakes(keeps_mistakes ? &list.findings() : nullptr);
  Loaded loaded;
  try {
    loading.read(arguments, environment_entries);
    loaded.text = list.output();
    loading.build(loaded, mistakes);
  } catch (const EndOfReading&) {
    loaded.text = list.output();
    answer(list, registry, arguments.front(), loaded);
  } catch (ConfigurationError& error) {
    error.output = list.output() + error.output;
    error.fallback = list.fallback();
    if (!keeps_mistakes) throw;
    mistakes.keep(error);
  }
  loaded.fallback = list.fallback();
  loaded.findings = std::move(list.findings());
  return loaded;
}

}  // namespace

std::vector<std::string> environment() {
  std::vector<std::string> entries;
  for (char** entry = ::environ; entry != nullptr && *entry != nullptr; ++entry)
    entries.emplace_back(*entry);
  return entries;
}

Loaded load(const std::vector<std::string>& arguments, const FileReader& files,
            const std::vector<std::string>& environment_entries) {
  return walk(arguments, files, environment_entries, /*keeps_mistakes=*/false);
}

Loaded load_all(const std::vector<std::string>& arguments, const FileReader& files,
                const std::vector<std::string>& environment_entries) {
  return walk(arguments, files, environment_entries, /*keeps_mistakes=*/true);
}

Loaded load(const std::vector<std::string>& arguments) {
  return load(arguments, SystemFiles(), environment());
}

}  // namespace reprise::compat
