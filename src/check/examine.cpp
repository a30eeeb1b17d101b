#include "check/examine.hpp"

#include <netdb.h>

#include <stdexcept>

#include <fmt/format.h>

#include "check/attempt.hpp"
#include "check/plan.hpp"
#include "check/probes.hpp"
#include "check/surroundings.hpp"
#include "compat/load.hpp"
#include "compat/source.hpp"
#include "config/validate.hpp"
#include "net/lookup.hpp"

namespace reprise::check {
namespace {

using compat::Action;
using compat::Code;
using compat::Severity;

// Tells what had to be run to know the configuration, and waits for no name for ever.
class Reader final : public compat::SystemFiles {
public:
  explicit Reader(Report& report) : report_(report) {}

  std::string read(const std::string& name, std::size_t limit) const override {
    if (name.starts_with("exec://")) {
      report_.findings.push_back(
          compat::finding_of(Severity::note, Code::unchecked,
                             fmt::format("the configuration says so: {} was run", name)));
    }
    return SystemFiles::read(name, limit);
  }

  std::string address_of(const std::string& host) const override {
    addrinfo hints{};
    hints.ai_family = AF_INET;
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    const int failure = net::bounded_lookup(host.c_str(), "0", &hints, &found);
    if (failure != 0) throw std::runtime_error(::gai_strerror(failure));
    const std::string address = net::Endpoint(found->ai_addr, found->ai_addrlen).host();
    ::freeaddrinfo(found);
    return address;
  }

private:
  Report& report_;
};

const char* order_of(Action action) {
  if (action == Action::pause) return "pause";
  return action == Action::stop ? "stop" : "reload";
}

// It does something else than to serve.
void tell_request(const compat::Loaded& loaded, Report& report) {
  std::string words;
  switch (loaded.action) {
    case Action::serve:
      return;
    case Action::print_and_exit:
      words = fmt::format("it serves nothing: it prints and ends with status {}", loaded.status);
      break;
    case Action::stop:
    case Action::reload:
    case Action::pause:
      words = fmt::format(
          "it serves nothing: it orders the instance of {} to {}, which the check "
          "has not done",
          loaded.subject, order_of(loaded.action));
      break;
    case Action::connect_and_read:
      words = fmt::format("it serves nothing: it prints what {} says, which the check has not done",
                          loaded.subject);
      break;
  }
  report.findings.push_back(compat::finding_of(Severity::warning, Code::whole, words));
}

void tell_fallback(const compat::Loaded& loaded, Report& report) {
  if (loaded.fallback.empty()) return;
  report.plan.push_back({"fallback", loaded.fallback, {{"when", "the start fails"}}});
}

}  // namespace

Report examine(const std::string& name, const std::vector<std::string>& arguments) {
  const Surroundings surroundings;
  Report report;
  report.name = name;
  const Reader reader(report);
  compat::Loaded loaded = compat::load_all(arguments, reader, surroundings.environment());
  report.findings.insert(report.findings.end(), loaded.findings.begin(), loaded.findings.end());
  tell_request(loaded, report);
  if (loaded.action == Action::serve) {
    const config::Config& config = loaded.config;
    report.plan = plan_of(config);
    if (!config.application.apps.empty()) {
      attempt(report, Code::whole, "", [&] { config::check_listeners(config); });
    }
    tell_fallback(loaded, report);
    // In the order of a start, which goes to its directory before it listens.
    probe_files(config, report);
    probe_certificates(config, report);
    probe_directory(config, report);
    probe_addresses(config, report);
    probe_subscriptions(config, report);
    probe_store(config, report);
    probe_applications(config, report);
  }
  tidy(report);
  return report;
}

}  // namespace reprise::check
