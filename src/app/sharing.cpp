#include "app/sharing.hpp"

#include <algorithm>

namespace reprise::app {
namespace {

bool asks(const tls::Identity& identity) {
  return identity.client_certificate != tls::ClientCertificate::none;
}

}  // namespace

sessions::Sharing sharing_of(const config::Config& config, const std::string& cache) {
  sessions::Sharing sharing;
  sharing.client_certificates = config.share_client_certificates;
  const auto allow = [&](const tls::Policy& policy) {
    sharing.longest = std::max(sharing.longest, tls::session_lifetime(policy));
  };
  for (const router::ListenerSettings& listener : config.http.listeners) {
    if (!listener.tls || listener.tls->policy.session_cache != cache) continue;
    allow(listener.tls->policy);
    if (asks(listener.tls->identity)) sharing.asks_for_certificates = true;
  }
  if (sharing.longest.count() == 0) return sharing;
  // Names bring a lifetime of their own to the listeners.
  for (const tls::SniEntry& entry : config.sni.entries) {
    allow(entry.policy);
    if (asks(entry.identity)) sharing.asks_for_certificates = true;
  }
  if (!config.sni.directory.empty()) {
    allow(config.sni.directory_policy);
    sharing.asks_for_certificates = true;  // it may have a NAME.ca at any time
  }
  return sharing;
}

}  // namespace reprise::app
