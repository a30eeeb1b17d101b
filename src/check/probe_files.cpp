#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>

#include "application/module_file.hpp"
#include "base/clock.hpp"
#include "cache/cache.hpp"
#include "cache/store_file.hpp"
#include "check/attempt.hpp"
#include "check/probes.hpp"
#include "process/pidfile.hpp"
#include "process/preconditions.hpp"
#include "seal/keys.hpp"

namespace reprise::check {
namespace {

using compat::Code;
using compat::Severity;

void check_readable(const std::string& file) {
  if (::access(file.c_str(), R_OK) == 0) return;
  throw std::system_error(errno, std::system_category(), "open(\"" + file + "\")");
}

void make_cache(const cache::Settings& settings) {
  if (settings.store.empty()) {
    cache::Cache::create(settings);
  } else {
    process::check_writable(settings.store);
    cache::open_store(settings, unix_now(), cache::StorePurpose::check);
  }
}

void probe_secret(const cache::Settings& settings, Report& report) {
  attempt(report, Code::file, settings.secret.origin, [&] {
    const auto secrets = seal::read_secrets(settings.secret.text);
    const auto keys = seal::derive(*secrets, settings.name, seal::cipher_of(settings.chacha20));
    for (std::size_t i = 0; i < keys.packets->count; ++i)
      report.keys[settings.name].push_back(keys.packets->list[i].id);
  });
}

void probe_caches(const config::Config& config, Report& report) {
  for (const cache::Settings& settings : config.caches) {
    attempt(report, Code::store, settings.origin, [&] { make_cache(settings); });
    if (settings.is_sealed()) probe_secret(settings, report);
  }
}

void probe_preloads(const config::Config& config, Report& report) {
  for (const cache::Preload& item : config.preloads) {
    const auto known = std::find_if(config.caches.begin(), config.caches.end(),
                                    [&](const auto& cache) { return cache.name == item.cache; });
    if (!item.cache.empty() && known == config.caches.end()) {
      report.findings.push_back(compat::finding_at(item.origin, Severity::warning, Code::no_effect,
                                                   "there is no cache \"" + item.cache + "\""));
    } else if (item.kind != cache::Preload::Kind::item && !config.caches.empty()) {
      attempt(report, Code::file, item.origin, [&] { check_readable(item.text); });
    }
  }
}

// A file that the service starts without.
void probe_application(const application::AppSettings& app, bool needed, Report& report) {
  using Kind = application::AppSettings::Kind;
  if (app.kind != Kind::file) return;
  attempt(report, needed ? Severity::error : Severity::warning, Code::file, app.origin,
          [&] { check_readable(app.target); });
}

}  // namespace

void probe_files(const config::Config& config, Report& report) {
  using Kind = process::Precondition::Kind;
  for (const auto& one : process::preconditions(config.process, /*first_start=*/true)) {
    attempt(report, one.kind == Kind::account ? Code::account : Code::file, one.origin, one.check);
  }
  probe_caches(config, report);
  probe_preloads(config, report);
}

void probe_directory(const config::Config& config, Report& report) {
  const Written& directory = config.process.chdir;
  attempt(report, Code::file, directory.origin, [&] {
    if (directory.empty() || ::chdir(directory.text.c_str()) == 0) return;
    throw std::system_error(errno, std::system_category(), "chdir() to " + directory.text);
  });
  const std::string& log = config.http.access_log.target.text;
  if (log == "stdout" || log == "syslog" || log.starts_with("syslog:")) return;
  attempt(report, Code::file, config.http.access_log.target.origin,
          [&] { process::check_writable(log); });
}

void probe_applications(const config::Config& config, Report& report) {
  const application::Settings& settings = config.application;
  if (!settings.wanted()) return;
  attempt(report, Code::file, settings.origin, [] { application::find_python_module(); });
  const Written& home = settings.python.home;
  std::error_code ignored;
  if (!home.empty() && !std::filesystem::is_directory(home.text, ignored)) {
    report.findings.push_back(
        compat::finding_at(home.origin, Severity::warning, Code::file,
                           "!!! Python Home is not a directory: " + home.text + " !!!"));
  }
  attempt(report, Code::file, settings.worker_directory.origin,
          [&] { process::check_directory(settings.worker_directory.text); });
  for (const application::AppSettings& app : settings.apps)
    probe_application(app, settings.need_app, report);
  if (settings.apps.empty()) return;
  report.findings.push_back(compat::finding_at(settings.origin, Severity::note, Code::unchecked,
                                               "applications are not loaded by a check"));
}

}  // namespace reprise::check
