#include <algorithm>
#include <chrono>
#include <ctime>
#include <filesystem>

#include <fmt/format.h>

#include "check/attempt.hpp"
#include "check/probes.hpp"
#include "tls/sni_pattern.hpp"
#include "tls/validity.hpp"

namespace reprise::check {
namespace {

using compat::Code;
using compat::Severity;

constexpr std::time_t day = 24 * 60 * 60;
constexpr std::time_t soon = 30 * day;
constexpr std::size_t max_directory_names = 1000;  // that are looked at

std::string date(std::time_t time) {
  char text[16] = "";
  std::tm parts{};
  if (::gmtime_r(&time, &parts) != nullptr) std::strftime(text, sizeof text, "%F", &parts);
  return text;
}

// What is wrong with the dates, or nothing.
std::string complaint(const tls::Validity& validity, std::time_t now) {
  if (validity.ends < now) return fmt::format("expired on {}", date(validity.ends));
  if (validity.begins > now) return fmt::format("is not valid before {}", date(validity.begins));
  if (validity.ends - now > soon) return {};
  return fmt::format("expires on {}, in {} days", date(validity.ends), (validity.ends - now) / day);
}

class Certificates {
public:
  Certificates(const config::Config& config, Report& report)
      : config_(config), report_(report), now_(std::time(nullptr)) {}

  void look_at_listeners() {
    for (const router::ListenerSettings& listener : config_.http.listeners) {
      if (!listener.tls) continue;
      const tls::Settings& tls = *listener.tls;
      attempt(report_, Code::certificate, listener.origin, [&] {
        const tls::Site site =
            tls::make_site({tls.identity, tls.policy, tls.context_name, std::string()});
        look_at(site, tls.identity, listener.origin);
        show_end("listener", listener.address, site);
        note_sharing(listener, site);
      });
    }
  }

  // The service starts without a name that cannot be used.
  void look_at_names() {
    for (const tls::SniEntry& entry : config_.sni.entries) {
      attempt(report_, Severity::warning, Code::certificate, entry.origin, [&] {
        const tls::Site site =
            tls::make_site({entry.identity, entry.policy, entry.pattern, std::string()});
        if (entry.regexp) tls::SniPattern pattern(entry.pattern);
        look_at(site, entry.identity, entry.origin);
        show_end("server-name", entry.pattern, site);
      });
    }
  }

  void look_at_directory() {
    namespace fs = std::filesystem;
    const tls::SniSettings& sni = config_.sni;
    if (sni.directory.empty()) return;
    std::error_code error;
    std::size_t names = 0;
    for (fs::directory_iterator file(sni.directory, error), end; !error && file != end;
         file.increment(error)) {
      if (file->path().extension() != ".crt") continue;
      if (++names > max_directory_names) break;
      look_at_file(file->path());
    }
    if (error) {
      report_.findings.push_back(compat::finding_of(
          Severity::warning, Code::file,
          fmt::format("sni-dir {} is no directory that can be read", sni.directory)));
    } else if (names > max_directory_names) {
      report_.findings.push_back(
          compat::finding_of(Severity::note, Code::unchecked,
                             fmt::format("of sni-dir {} the first {} names were looked at",
                                         sni.directory, max_directory_names)));
    }
  }

private:
  void look_at_file(const std::filesystem::path& certificate) {
    const std::string stem = certificate.parent_path() / certificate.stem();
    tls::Identity identity;
    identity.certificate_file = certificate.string();
    identity.key_file = stem + ".key";
    identity.ciphers = config_.sni.directory_ciphers;
    std::error_code ignored;
    if (std::filesystem::exists(stem + ".ca", ignored)) {
      identity.client_ca_file = stem + ".ca";
      identity.client_certificate = tls::ClientCertificate::optional;
    }
    attempt(report_, Severity::warning, Code::certificate, "", [&] {
      look_at(tls::make_site({identity, config_.sni.directory_policy, stem, std::string()}),
              identity, "");
    });
  }

  void look_at(const tls::Site& site, const tls::Identity& identity, const std::string& origin) {
    for (const tls::Validity& validity : tls::validities(site)) {
      const std::string words = complaint(validity, now_);
      if (words.empty()) continue;
      report_.findings.push_back(compat::finding_at(
          origin, Severity::warning, Code::expiry,
          fmt::format(
              "the certificate of {} in {}{} {}", validity.subject, identity.certificate_file,
              identity.client_ca_file.empty() ? "" : " or " + identity.client_ca_file, words),
          validity.begins > now_ ? "wait, or set the clock" : "renew it"));
    }
  }

  void show_end(std::string_view topic, const std::string& subject, const tls::Site& site) {
    const auto all = tls::validities(site);
    if (all.empty()) return;
    for (PlanItem& item : report_.plan) {
      if (item.topic != topic || item.subject != subject) continue;
      item.facts.emplace_back("valid-until", date(all.front().ends));
      return;
    }
  }

  void note_sharing(const router::ListenerSettings& listener, const tls::Site& site) {
    const tls::Settings& tls = *listener.tls;
    if (!tls.policy.session_cache) return;
    for (SharedCache& cache : report_.shared) {
      if (cache.name != *tls.policy.session_cache) continue;
      cache.listeners.push_back({listener.address, listener.origin, tls.session_context,
                                 site.policy, tls.for_openssl_1_0});
      return;
    }
  }

  const config::Config& config_;
  Report& report_;
  std::time_t now_;
};

}  // namespace

void probe_certificates(const config::Config& config, Report& report) {
  for (const cache::Settings& cache : config.caches)
    if (cache.has_peers()) report.shared.push_back({cache.name, {}, {}, {}});
  Certificates certificates(config, report);
  certificates.look_at_listeners();
  certificates.look_at_names();
  certificates.look_at_directory();
}

}  // namespace reprise::check
