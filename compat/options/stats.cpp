#include "compat/builder.hpp"
#include "compat/options/registry.hpp"

namespace reprise::compat {

std::vector<Option> stats_options() {
  constexpr auto full = Support::full;
  const auto server = [](Builder& b, const OptionUse& use) {
    b.address(use, use.text());
    b.config.stats.addresses.push_back(b.written(use));
  };
  const auto minified = [](Builder& b, const OptionUse& use) {
    b.config.stats.minified = b.flag(use);
  };
  return {
      {"stats", Argument::required, full, "serve statistics as JSON on this address", server},
      {"stats-server", Argument::required, full, "serve statistics as JSON on this address",
       server},
      {"stats-http", Argument::none, full, "put an HTTP head before the statistics",
       [](Builder& b, const OptionUse& use) { b.config.stats.http = b.flag(use); }},
      {"stats-minified", Argument::none, full, "statistics without white space", minified},
      {"stats-min", Argument::none, full, "statistics without white space", minified},
      {"stats-no-cores", Argument::none, full, "leave the workers' threads out",
       [](Builder& b, const OptionUse& use) { b.config.stats.cores = !b.flag(use); }},
      {"stats-no-metrics", Argument::none, Support::accepted, "there are no metrics"},
  };
}

}  // namespace reprise::compat
