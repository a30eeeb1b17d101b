#pragma once

#include <string>
#include <vector>

#include "application/settings.hpp"
#include "cache/settings.hpp"
#include "process/settings.hpp"
#include "repeater/settings.hpp"
#include "router/raw_settings.hpp"
#include "router/settings.hpp"
#include "stats/settings.hpp"
#include "store/settings.hpp"
#include "subscription/settings.hpp"
#include "sync/settings.hpp"
#include "tls/settings.hpp"

namespace reprise::config {

// Everything the options said, with no option names left in it. Each library reads its own part.
struct Config {
  std::vector<cache::Settings> caches;  // `default` first, then each cache2 in order
  bool caches_before_routers = false;   // a TLS listener uses one: order of the stats' locks
  cache::SweepSettings sweep;
  std::vector<cache::Preload> preloads;
  sync::Settings sync;
  // Sessions of listeners that ask for client certificates are shared in the clear too.
  bool share_client_certificates = false;
  store::Settings store;  // of sessions, outside of the node
  tls::SniSettings sni;
  router::Settings http;
  router::RawSettings raw;
  subscription::Settings subscriptions;  // of both routers
  subscription::ServerSettings http_subscriptions{
      .addresses = {}, .fallback_key = {}, .router = "http"};
  subscription::ServerSettings raw_subscriptions{
      .addresses = {}, .fallback_key = {}, .router = "rawrouter"};
  // Who may announce nodes; empty: everybody.
  std::vector<router::AddressRange> subscription_sources;
  repeater::Settings repeater;
  // Whose announces a repeater believes unsigned; empty: those of this host.
  std::vector<router::AddressRange> repeater_trust;
  subscription::ClientSettings announces;
  application::Settings application;
  stats::Settings stats;
  process::Settings process;
};

}  // namespace reprise::config
