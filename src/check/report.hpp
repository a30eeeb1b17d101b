#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "compat/finding.hpp"
#include "net/address.hpp"
#include "seal/keys.hpp"
#include "tls/session_context.hpp"

namespace reprise::check {

// One thing that a configuration makes: "listener", ":8443", and what is to be said of it.
struct PlanItem {
  std::string topic;
  std::string subject;
  std::vector<std::pair<std::string, std::string>> facts;  // "certificate", "server.crt"

  bool operator==(const PlanItem&) const = default;
};

// A TLS listener that keeps its sessions in a cache.
struct SharingListener {
  std::string address, origin;
  std::string context;  // text
  tls::Digest policy{};
  bool for_openssl_1_0 = false;
};

// A cache and its peers, as far as their addresses could be made out.
struct SharedCache {
  std::string name;
  std::vector<std::pair<net::Endpoint, std::string>> servers;  // with their origins
  std::vector<net::Endpoint> nodes;
  std::vector<SharingListener> listeners;
};

// What was found out about one configuration.
struct Report {
  std::string name;
  std::vector<PlanItem> plan;
  std::vector<compat::Finding> findings;
  std::vector<SharedCache> shared;                       // caches with peers
  std::map<std::string, std::vector<seal::KeyId>> keys;  // of sealed caches, by their names

  // The worst of the findings; a note if there are none.
  compat::Severity worst() const;
};

// 0 if nothing is worse than a note, 1 for warnings, 2 for errors.
int exit_status(const std::vector<Report>& reports);

// Puts errors first and notes last, each in the order of the lines; takes out what was found twice,
// and the text of keys wherever it stands.
void tidy(Report& report);

}  // namespace reprise::check
