#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/written.hpp"

namespace reprise::subscription {

// Whose turn it is among the nodes of one key (spec/routers/subscription.md 5).
enum class Algorithm {
  wrr,     // in turn, by weight
  lrc,     // fewest connections
  wlrc,    // fewest connections for its weight
  iphash,  // the same node for the same client, as long as the nodes stay
};

// What has to be signed: `digest` as OpenSSL calls it, the public key in `directory`/KEY.pem.
struct SignCheck {
  std::string digest;
  std::string directory;
  std::string origin;  // where it was configured, for messages
};

// What routers believe of the nodes that announce themselves.
struct Settings {
  Algorithm algorithm = Algorithm::wrr;   // subscription-algo
  std::chrono::seconds tolerance{17};     // a node that is silent for longer leaves
  bool dotsplit = false;                  // ".example.com" serves what has no key of its own
  std::optional<SignCheck> sign_check;    // nothing: unsigned announces are believed
  std::chrono::seconds freshness{86400};  // age of a signed announce
  std::vector<Written> skip_users;        // names or numbers; theirs need no signature
  bool use_credentials = false;           // what the kernel says of who sends over a unix socket
  // A file named like the key has to be in one of them, and be the sender's; empty: no matter.
  std::vector<Written> credential_directories;
};

// Where one router hears announces.
struct ServerSettings {
  std::vector<Written> addresses;  // "host:port" (UDP) or the path of a unix socket
  std::string fallback_key;        // for what no node has announced; empty: none
  std::string router;              // its name in the log: "http"

  bool wanted() const { return !addresses.empty(); }
};

// One key that this node announces.
struct Subscription {
  Written written;                    // the option's whole value, for the log
  std::string server;                 // "host:port", or the path of a unix socket
  std::string key;                    // beginning with '@': of each line of that file
  std::string address;                // where we are reached; empty: at our socket
  std::optional<std::size_t> socket;  // or at this one of them, counted from 0
  int modifier1 = 0;
  int modifier2 = 0;
  std::string digest;    // empty: not signed
  std::string key_file;  // the private key
  std::string check;     // while this file exists, nothing is sent
  std::string sni_key;   // these are passed on as they are
  std::string sni_crt;
  std::string sni_ca;
};

// What this node announces of itself.
struct ClientSettings {
  std::vector<Subscription> subscriptions;
  std::chrono::seconds period{10};  // subscribe-freq
  std::uint64_t weight = 0;         // 0: not told
  bool auto_weight = false;         // the number of cores
  std::optional<int> modifier1;     // of all: subscribe-with-modifier1
  bool start_unsubscribed = false;  // nothing is sent
  bool leave_at_reload = false;     // unsubscribe-on-graceful-reload
  std::string notify_socket;        // where servers may say that they took a node
};

}  // namespace reprise::subscription
