// Fewer workers while there is little to do (spec/process/process-model.md 7).
#include <fmt/format.h>

#include "compat/builder.hpp"
#include "compat/options/registry.hpp"

namespace reprise::compat {
namespace {

using application::CheaperSettings;

constexpr int max_workers = 1024;

CheaperSettings& settings(Builder& b) {
  return b.config.application.cheaper;
}

template <int CheaperSettings::*member, int least>
void set_number(Builder& b, const OptionUse& use) {
  settings(b).*member = b.integer_up_to(use, least, max_workers);
}

void set_least(Builder& b, const OptionUse& use) {
  settings(b).least = b.integer_up_to(use, 0, max_workers);
  b.cheaper = settings(b).least > 0 ? &use : nullptr;
}

void set_overload(Builder& b, const OptionUse& use) {
  settings(b).overload = std::chrono::seconds(b.integer_up_to(use, 1, 1 << 20));
}

void check_algorithm(Builder& b, const OptionUse& use) {
  if (use.text() == "spare") return;
  b.warn(use, fmt::format("there is no \"{}\": workers come and go by \"spare\"", use.text()));
}

}  // namespace

std::vector<Option> cheaper_options() {
  constexpr auto full = Support::full;
  constexpr auto required = Argument::required;
  return {
      {"cheaper", required, full, "keep no more workers than these while there is little to do",
       set_least},
      {"cheaper-initial", required, full, "workers at the start",
       set_number<&CheaperSettings::initial, 0>},
      {"cheaper-step", required, full, "workers that are started at a time",
       set_number<&CheaperSettings::step, 1>},
      {"cheaper-overload", required, full,
       "start more when all have been busy for so many seconds, end one when some were idle",
       set_overload},
      {"cheaper-algo", required, full, "how the number of workers is chosen: spare",
       check_algorithm},
  };
}

}  // namespace reprise::compat
