// Options that change the list of options itself: other files, definitions, conditions; and what to
// do instead of serving.
#include <fmt/format.h>

#include "compat/builder.hpp"
#include "compat/number.hpp"
#include "compat/option_list.hpp"
#include "compat/options/registry.hpp"

namespace reprise::compat {
namespace {

constexpr auto none = Argument::none;
constexpr auto required = Argument::required;
constexpr auto optional = Argument::optional;
constexpr auto full = Support::full;

template <Format format>
void load_as(OptionList& list, const OptionUse& use) {
  list.files().load(format, use, use.text());
}

void load_by_suffix(OptionList& list, const OptionUse& use) {
  list.files().load_by_suffix(use, use.text());
}

// The formats that uWSGI's plugins bring.
void load_by_plugin(OptionList& list, const OptionUse& use) {
  list.fail(use, fmt::format("unable to load configuration from {}", use.text()),
            "no format that needs this option is known: write ini = or include = instead");
}

template <auto member>
void call(OptionList& list, const OptionUse& use) {
  (list.*member)(use);
}

template <auto member>
void call_plain(OptionList& list, const OptionUse&) {
  (list.*member)();
}

template <Request request>
void ask(OptionList& list, const OptionUse& use) {
  list.ask(request, use.text());
}

// A bare flag is a failure, an empty value is not.
void end_now(OptionList& list, const OptionUse& use) {
  const auto status = use.value ? reads_as_integer(*use.value) : 1;
  list.ask(Request::exit, {}, static_cast<int>(status & 0xFF));
}

void explain(OptionList& list, const OptionUse& use) {
  if (list.print_explanation(use.text())) list.ask(Request::exit);
  list.ask(Request::exit, {}, 1);
}

void inject_before(OptionList& list, const OptionUse& use) {
  list.files().inject_before(use);
}

void inject_after(OptionList& list, const OptionUse& use) {
  list.files().inject_after(use);
}

Option in_turn(Option option) {
  option.in_turn = true;
  return option;
}

std::vector<Option> files() {
  return {
      {"ini", required, full, "load config from ini file", nullptr, load_as<Format::ini>},
      {"yaml", required, full, "load config from yaml file", nullptr, load_as<Format::yaml>, 'y'},
      {"yml", required, full, "load config from yaml file", nullptr, load_as<Format::yaml>, 'y'},
      {"json", required, full, "load config from json file", nullptr, load_as<Format::json>, 'j'},
      {"js", required, full, "load config from json file", nullptr, load_as<Format::json>, 'j'},
      {"xml", required, full, "load config from xml file", nullptr, load_as<Format::xml>, 'x'},
      {"xmlconfig", required, full, "load config from xml file", nullptr, load_as<Format::xml>,
       'x'},
      {"config", required, full, "load config of a plugin's format", nullptr, load_by_plugin},
      {"include", required, full, "load another config file in place", nullptr, load_by_suffix},
      in_turn({"inherit", required, full, "load another config file behind all others", nullptr,
               load_by_suffix}),
      {"inject-before", required, full, "put a text before all files that follow", nullptr,
       inject_before},
      {"inject-after", required, full, "put a text behind all files that follow", nullptr,
       inject_after},
      {"fallback-config", required, full, "start again with this file after a failure", nullptr,
       [](OptionList& list, const OptionUse& use) { list.fall_back_to(use.text()); }},
  };
}

std::vector<Option> definitions() {
  constexpr auto define = call<&OptionList::define>;
  constexpr auto declare = call<&OptionList::declare>;
  return {
      {"set", required, full, "set an option or a placeholder: name=value", nullptr,
       call<&OptionList::set>, 'S'},
      {"set-placeholder", required, full, "define a placeholder: name=value", nullptr, define},
      {"set-ph", required, full, "define a placeholder: name=value", nullptr, define},
      {"resolve", required, full, "define a placeholder as a host's address: name=host", nullptr,
       call<&OptionList::define_address>},
      {"declare-option", required, full, "make an option: name=key=value;key=value", nullptr,
       declare},
      in_turn({"declare-option2", required, full, "make an option when its turn comes", nullptr,
               declare}),
      {"early-envdir", required, full, "set the environment from a directory's files", nullptr,
       call<&OptionList::read_environment_directory>},
      {"strict", none, full, "refuse unknown options", nullptr, call<&OptionList::set_strict>},
      {"blacklist", required, full, "refuse these options from here on", nullptr,
       call<&OptionList::forbid>},
      {"end-blacklist", none, full, "end of the blacklist", nullptr,
       call_plain<&OptionList::allow_all>},
      {"whitelist", required, full, "refuse all options but these from here on", nullptr,
       call<&OptionList::permit_only>},
      {"end-whitelist", none, full, "end of the whitelist", nullptr,
       call_plain<&OptionList::permit_all>},
      {"get", required, full, "print an option's value and exit", nullptr,
       [](OptionList& list, const OptionUse& use) { list.print_value_of(use.text()); }, 0, true},
  };
}

std::vector<Option> requests() {
  constexpr auto help = ask<Request::help>;
  static constexpr char pausing[] = "pause the instance of this pidfile, or let it go on";
  return {
      {"stop", required, full, "stop the instance of this pidfile", nullptr, ask<Request::stop>},
      {"reload", required, full, "reload the instance of this pidfile", nullptr,
       ask<Request::reload>},
      {"pause", required, full, pausing, nullptr, ask<Request::pause>},
      {"suspend", required, full, pausing, nullptr, ask<Request::pause>},
      {"resume", required, full, pausing, nullptr, ask<Request::pause>},
      {"connect-and-read", required, full, "print what is sent to who connects to this address",
       nullptr, ask<Request::connect_and_read>},
      {"help", none, full, "show this help", nullptr, help, 'h'},
      {"usage", none, full, "show this help", nullptr, help, 'h'},
      {"explain", required, full, "print what an option means here, and exit", nullptr, explain},
      {"exit", optional, full, "exit with this status", nullptr, end_now},
      in_turn({"dump-options", none, full, "print the names of all options", nullptr,
               ask<Request::dump_options>}),
      in_turn({"show-config", none, full, "log the options as they were read", nullptr,
               call<&OptionList::show_at_end>}),
      {"iprint", required, full, "print a text at once", nullptr,
       [](OptionList& list, const OptionUse& use) { list.print(use.text()); }},
      {"print", required, full, "print a text",
       [](Builder& b, const OptionUse& use) { b.output += use.text() + '\n'; }},
      {"version", none, full, "print the version",
       [](Builder& b, const OptionUse&) { b.print_version = true; }},
  };
}

// `for`, `if-env` and their kin, and what ends them.
std::vector<Option> logic() {
  std::vector<Option> options;
  for (const std::string_view name : block_openers()) {
    options.push_back({name, name.ends_with("-reload") ? none : required, full,
                       name.starts_with("for") ? "repeat what follows, up to endfor"
                                               : "only if so, what follows up to endif",
                       nullptr, call<&OptionList::open_block>});
  }
  for (const std::string_view name : {"endfor", "end-for", "endif", "end-if"}) {
    options.push_back({name, optional, full, "end of a block"});
    options.back().immediate = true;
  }
  return options;
}

}  // namespace

std::vector<Option> loading_options() {
  std::vector<Option> options;
  for (auto family : {files, definitions, requests, logic}) {
    const auto more = family();
    options.insert(options.end(), more.begin(), more.end());
  }
  return options;
}

}  // namespace reprise::compat
