#include "app/sharing.hpp"

#include <algorithm>

namespace reprise::app {

sessions::Sharing sharing_of(const config::Config& config, const std::string& cache) {
  sessions::Sharing sharing;
  sharing.client_certificates = config.share_client_certificates;
  const auto allow = [&](const tls::Policy& policy) {
    sharing.longest = std::max(sharing.longest, tls::session_lifetime(policy));
  };
  for (const router::ListenerSettings& listener : config.http.listeners) {
    if (listener.tls && listener.tls->policy.session_cache == cache) allow(listener.tls->policy);
  }
  if (sharing.longest.count() == 0) return sharing;
  // Names bring a lifetime of their own to the listeners.
  for (const tls::SniEntry& entry : config.sni.entries)
    allow(entry.policy);
  if (!config.sni.directory.empty()) allow(config.sni.directory_policy);
  return sharing;
}

}  // namespace reprise::app
