#include <fmt/format.h>

#include "check/attempt.hpp"
#include "check/probes.hpp"
#include "net/lookup.hpp"
#include "seal/secrets.hpp"
#include "store/reach.hpp"

namespace reprise::check {
namespace {

using compat::Code;
using compat::Severity;

constexpr std::chrono::milliseconds patience{2000};

}  // namespace

void probe_store(const config::Config& config, Report& report) {
  const store::Settings& settings = config.store;
  if (!settings.wanted()) return;
  if (!settings.plain) {
    attempt(report, Code::file, settings.secret.origin,
            [&] { seal::read_secrets(settings.secret.text); });
  }
  store::Reach reach;
  const bool can_try = attempt(report, Code::store, settings.url.origin,
                               [&] { reach = store::make_reach(settings, net::bounded_lookup); });
  if (!can_try) return;
  // The service starts without its store, and connects once it is there.
  for (const store::Attempt& one : store::try_all(reach, patience)) {
    if (one.trouble.empty()) continue;
    report.findings.push_back(
        compat::finding_at(settings.url.origin, Severity::warning, Code::store,
                           fmt::format("session store {}: {}", one.server, one.trouble)));
  }
}

}  // namespace reprise::check
