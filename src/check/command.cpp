#include "check/command.hpp"

#include <cstdio>

#include "base/terminal.hpp"
#include "check/examine.hpp"
#include "check/json.hpp"
#include "check/peers.hpp"
#include "check/text.hpp"

namespace reprise::check {

int run(const compat::CheckRequest& request) {
  const bool coloured = wants_colours();
  std::vector<Report> reports;
  for (const auto& [name, arguments] : request.configurations)
    reports.push_back(examine(name, arguments));
  compare_peers(reports);
  for (Report& report : reports)
    tidy(report);
  const std::string text = request.as_json ? as_json(reports) : as_text(reports, coloured);
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
  return exit_status(reports);
}

}  // namespace reprise::check
