#include "check/command.hpp"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "check/examine.hpp"
#include "check/json.hpp"
#include "check/peers.hpp"
#include "check/text.hpp"

namespace reprise::check {
namespace {

// As https://no-color.org has it.
bool wants_colours() {
  const char* refused = std::getenv("NO_COLOR");
  const char* terminal = std::getenv("TERM");
  if (refused != nullptr && *refused != '\0') return false;
  if (terminal == nullptr || std::string_view(terminal) == "dumb") return false;
  return ::isatty(STDOUT_FILENO) == 1;
}

}  // namespace

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
