#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>

#include "check/attempt.hpp"
#include "check/probes.hpp"
#include "config/own_facts.hpp"
#include "net/lookup.hpp"
#include "subscription/intake.hpp"
#include "subscription/signature.hpp"

namespace reprise::check {
namespace {

using compat::Code;
using compat::Severity;

// A start believes nobody whose key it cannot read, and says so only when somebody comes.
void try_public_keys(const subscription::SignCheck& settings, Report& report) {
  std::error_code failure;
  std::vector<std::string> files;
  for (const auto& file : std::filesystem::directory_iterator(settings.directory, failure))
    if (file.path().extension() == ".pem") files.push_back(file.path().string());
  std::sort(files.begin(), files.end());
  for (const std::string& file : files) {
    attempt(report, Severity::warning, Code::certificate, settings.origin,
            [&] { subscription::read_public_key(file); });
  }
}

void try_sign_check(const subscription::SignCheck& settings, Report& report) {
  if (!attempt(report, Code::certificate, settings.origin,
               [&] { subscription::check_digest(settings.digest); })) {
    return;
  }
  if (attempt(report, Code::file, settings.origin, [&] { subscription::Verifier{settings}; })) {
    try_public_keys(settings, report);
  }
}

void try_believing(const subscription::Settings& settings, Report& report) {
  if (settings.sign_check) try_sign_check(*settings.sign_check, report);
  for (const Written& user : settings.skip_users)
    attempt(report, Code::account, user.origin, [&] { subscription::uid_of(user); });
  for (const Written& directory : settings.credential_directories) {
    std::error_code ignored;
    if (std::filesystem::is_directory(directory.text, ignored)) continue;
    report.findings.push_back(compat::finding_at(directory.origin, Severity::warning, Code::file,
                                                 "no directory: " + directory.text));
  }
}

void try_announce(const subscription::Subscription& announce, const subscription::OwnFacts& own,
                  Report& report) {
  const std::string& origin = announce.written.origin;
  attempt(report, Code::name, origin,
          [&] { subscription::server_of(announce, net::bounded_lookup); });
  attempt(report, Code::whole, origin, [&] { subscription::address_of(announce, own); });
  attempt(report, Code::certificate, origin, [&] { subscription::signing_key_of(announce); });
  if (!announce.key.starts_with('@')) return;
  attempt(report, Severity::warning, Code::file, origin, [&] {
    const std::string file = announce.key.substr(1);
    if (::access(file.c_str(), R_OK) == 0) return;
    throw std::system_error(errno, std::system_category(), "open(\"" + file + "\")");
  });
}

}  // namespace

void probe_subscriptions(const config::Config& config, Report& report) {
  if (config.http_subscriptions.wanted() || config.raw_subscriptions.wanted() ||
      !config.repeater.gateways.empty()) {
    try_believing(config.subscriptions, report);
  }
  const subscription::OwnFacts own = config::own_facts(config.application);
  for (const subscription::Subscription& announce : config.announces.subscriptions)
    try_announce(announce, own, report);
}

}  // namespace reprise::check
