#include <algorithm>

#include <fmt/format.h>

#include "compat/builder.hpp"
#include "compat/options/registry.hpp"
#include "parsers/keyval/keyval.hpp"

namespace reprise::compat {
namespace {

// `file:path=…,freq=…,separator=…` (spec/process/stats.md 9).
void set_push(Builder& b, const OptionUse& use, const std::string& keys) {
  stats::Settings::Push push;
  push.path = {"uwsgi.stats", use.place.describe_key("for this option")};
  parsers::keyval::List list;
  try {
    list = parsers::keyval::parse(keys);
  } catch (const parsers::SyntaxError& error) {
    b.fail(use, "unable to parse the stats pusher's keys", error);
  }
  for (const auto& [key, value, key_at, value_at] : list) {
    if (key == "path") {
      push.path.text = value;
    } else if (key == "freq") {
      push.period = std::chrono::seconds(b.unsigned_number(use, value));
    } else if (key == "separator") {
      push.separator = value;
    } else {
      b.warn(use, fmt::format("unknown key \"{}\" of stats-push", key));
    }
  }
  b.config.stats.pushes.push_back(std::move(push));
}

void add_push(Builder& b, const OptionUse& use) {
  constexpr std::string_view for_metrics[] = {"statsd", "socket", "rrdtool", "zabbix", "mongodb"};
  const std::string& text = use.text();
  const std::size_t colon = std::min(text.find(':'), text.size());
  const std::string name = text.substr(0, colon);
  if (name == "file") return set_push(b, use, text.substr(std::min(colon + 1, text.size())));
  if (std::find(std::begin(for_metrics), std::end(for_metrics), name) == std::end(for_metrics)) {
    b.fail(use, fmt::format("unable to find \"{}\" stats_pusher", name), "file:path=FILE expected");
  }
  b.warn(use, fmt::format("the stats pusher \"{}\" has no effect: there are no metrics besides "
                          "the stats document, which stats and file:path=FILE give",
                          name));
}

}  // namespace

std::vector<Option> stats_options() {
  constexpr auto full = Support::full;
  static constexpr char frequency[] = "seconds between two times of stats-push";
  const auto set_frequency = [](Builder& b, const OptionUse& use) {
    const int seconds = b.integer(use);
    if (seconds > 0) b.config.stats.push_period = std::chrono::seconds(seconds);
  };
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
      {"stats-push", Argument::required, full, "put the statistics behind a file: file:path=FILE",
       add_push},
      {"stats-pusher-default-freq", Argument::required, full, frequency, set_frequency},
      {"stats-pushers-default-freq", Argument::required, full, frequency, set_frequency},
      {"stats-no-metrics", Argument::none, Support::accepted, "there are no metrics"},
  };
}

}  // namespace reprise::compat
