#include "compat/builder.hpp"
#include "compat/number.hpp"
#include "compat/options/registry.hpp"

namespace reprise::compat {
namespace {

// As ctime() prints it.
constexpr char default_date[] = "%a %b %e %H:%M:%S %Y";

void set_date(Builder& b, const OptionUse& use) {
  const std::string& text = use.text();
  const bool just_on =
      !use.value || text.empty() || text == "true" || text == "1" || text == "on" || text == "yes";
  b.config.process.log_date = just_on ? default_date : text;
}

}  // namespace

std::vector<Option> log_options() {
  constexpr auto full = Support::full;
  constexpr auto accepted = Support::accepted;
  constexpr auto none = Argument::none;
  return {
      {"logto", Argument::required, full, "write the log to this file",
       [](Builder& b, const OptionUse& use) { b.config.process.log_file = b.written(use); }},
      {"logdate", Argument::optional, full, "put the date before each line", set_date},
      {"log-date", Argument::optional, full, "put the date before each line", set_date},
      {"log-prefix", Argument::optional, full, "put the date before each line", set_date},
      {"log-zero", none, Support::ignored, "not in this version"},
      {"log-slow", Argument::required, Support::ignored, "not in this version"},
      {"log-big", Argument::required, Support::ignored, "not in this version"},
      {"log-master", none, accepted, "every process writes whole lines"},
  };
}

}  // namespace reprise::compat
