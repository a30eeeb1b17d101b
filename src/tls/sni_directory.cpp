#include "tls/sni_directory.hpp"

#include <unistd.h>

#include <algorithm>

#include "base/clock.hpp"

namespace reprise::tls {
namespace {

// How long files are taken to be what they were.
constexpr std::chrono::seconds trusted_for{2};

constexpr std::size_t max_name = 253;  // RFC 1035 2.3.4, as text

std::string time_text() {
  char text[32] = "";
  const std::time_t now = std::time(nullptr);
  std::tm local{};
  if (localtime_r(&now, &local) != nullptr) std::strftime(text, sizeof text, "%c", &local);
  return text;
}

}  // namespace

SniDirectory::SniDirectory(const SniSettings& settings)
    : directory_(settings.directory),
      ciphers_(settings.directory_ciphers),
      policy_(settings.directory_policy) {}

bool SniDirectory::is_name(const std::string& name) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
  };
  return !name.empty() && name.size() <= max_name && name.front() != '.' &&
         name.find("..") == std::string::npos && std::all_of(name.begin(), name.end(), allowed);
}

SniDirectory::Stamp SniDirectory::stamp(const std::string& file) {
  struct stat status {};
  if (::stat(file.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return {};
  return {status.st_ino, status.st_size,
          status.st_mtim.tv_sec * 1'000'000'000LL + status.st_mtim.tv_nsec};
}

std::string SniDirectory::file(const std::string& name, const char* suffix) const {
  return directory_ + "/" + name + suffix;
}

SniDirectory::Stamps SniDirectory::stamps(const std::string& name) const {
  return {stamp(file(name, ".crt")), stamp(file(name, ".key")), stamp(file(name, ".ca"))};
}

std::shared_ptr<const Site> SniDirectory::find(const std::string& name) {
  if (!is_name(name)) return nullptr;
  const auto now = coarse_now();
  const auto known = entries_.find(name);
  if (known != entries_.end() && now - known->second.looked_at < trusted_for) {
    return known->second.site;
  }
  const Stamps seen = stamps(name);
  if (seen[0] == Stamp{} || seen[1] == Stamp{}) {
    if (known != entries_.end()) {
      log::line("{} - [uwsgi-sni for pid {}] destroyed SSL context for {}", time_text(), ::getpid(),
                name);
      entries_.erase(known);
    }
    return nullptr;
  }
  Entry& entry = entries_[name];
  entry.looked_at = now;
  if (entry.stamps != seen) {
    entry.stamps = seen;
    // Files that became unusable (half of a renewal) leave in use what was there.
    if (auto site = load(name, seen[2] != Stamp{})) entry.site = std::move(site);
  }
  return entry.site;
}

std::shared_ptr<const Site> SniDirectory::load(const std::string& name, bool asks_for_certificate) {
  Identity identity;
  identity.certificate_file = file(name, ".crt");
  identity.key_file = file(name, ".key");
  identity.ciphers = ciphers_;
  if (asks_for_certificate) {
    identity.client_ca_file = file(name, ".ca");
    identity.client_certificate = ClientCertificate::optional;
  }
  try {
    auto site = std::make_shared<const Site>(make_site({identity, policy_, name, name}));
    log::line("{} - [uwsgi-sni for pid {}] added SSL context for {}", time_text(), ::getpid(),
              name);
    return site;
  } catch (const std::exception& failure) {
    if (failures_.allow()) {
      log::line(failure.what());
      log::line("[uwsgi-ssl] DANGER unable to initialize context for \"{}\"", name);
    }
    return nullptr;
  }
}

}  // namespace reprise::tls
