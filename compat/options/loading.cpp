// Options that act as soon as they are read: other files, definitions, what to do instead of
// serving.
#include "compat/builder.hpp"
#include "compat/option_list.hpp"
#include "compat/options/registry.hpp"

namespace reprise::compat {

std::vector<Option> loading_options() {
  constexpr auto none = Argument::none;
  constexpr auto required = Argument::required;
  constexpr auto full = Support::full;
  const auto define = [](OptionList& list, const OptionUse& use) { list.define(use); };
  const auto help = [](OptionList& list, const OptionUse&) { list.ask(Request::help); };
  return {
      {"ini", required, full, "load config from ini file", nullptr,
       [](OptionList& list, const OptionUse& use) { list.load_ini(use, use.text()); }},
      {"include", required, full, "load another config file in place", nullptr,
       [](OptionList& list, const OptionUse& use) { list.load_by_suffix(use, use.text()); }},
      {"set", required, full, "set an option or a placeholder: name=value", nullptr,
       [](OptionList& list, const OptionUse& use) { list.set(use); }, 'S'},
      {"set-placeholder", required, full, "define a placeholder: name=value", nullptr, define},
      {"set-ph", required, full, "define a placeholder: name=value", nullptr, define},
      {"strict", none, full, "refuse unknown options", nullptr,
       [](OptionList& list, const OptionUse& use) { list.set_strict(use); }},
      {"stop", required, full, "stop the instance of this pidfile", nullptr,
       [](OptionList& list, const OptionUse& use) { list.ask(Request::stop, use.text()); }},
      {"reload", required, full, "reload the instance of this pidfile", nullptr,
       [](OptionList& list, const OptionUse& use) { list.ask(Request::reload, use.text()); }},
      {"help", none, full, "show this help", nullptr, help, 'h'},
      {"usage", none, full, "show this help", nullptr, help},
      {"version", none, full, "print the version",
       [](Builder& b, const OptionUse&) { b.print_version = true; }},
  };
}

}  // namespace reprise::compat
