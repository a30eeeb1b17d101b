#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace reprise::tls {

enum class ClientCertificate { none, optional, required };

// A certificate and the policy that goes with it: one `https`, `sni` or `sni-dir` entry.
struct Identity {
  std::string certificate_file;  // PEM, leaf first
  std::string key_file;          // PEM
  std::string ciphers;           // TLS 1.2 list; empty: the library's default
  std::string client_ca_file;    // empty unless client certificates are asked for
  ClientCertificate client_certificate = ClientCertificate::none;
};

// A session lives no longer than a TLS 1.3 ticket may (RFC 8446 4.6.1).
inline constexpr std::chrono::seconds max_session_lifetime{604800};

// Settings that a listener or SNI entry copies as they stand when its option is met.
struct Policy {
  bool enable_tls_1_0 = false;
  bool enable_ssl_3 = false;
  int verify_depth = 1;                       // intermediates accepted, 0..
  std::uint64_t extra_options = 0;            // ssl-option, raw bits of the library
  std::string temporary_directory;            // ssl-tmp-dir; inline PEM is read from memory
  std::optional<std::string> session_cache;   // cache name; nothing: stateless tickets
  std::chrono::seconds session_timeout{300};  // from the full handshake; 0 means 7,200
  int tickets = 1;                            // per full TLS 1.3 handshake, 0..16
};

// What a policy's timeout comes to, at least a second.
std::chrono::seconds session_lifetime(const Policy& policy);

struct SniEntry {
  std::string origin;   // where it was configured, for messages
  std::string pattern;  // a host name, or a PCRE if `regexp`
  bool regexp = false;
  Identity identity;
  Policy policy;
};

// Names that no listener has by itself. One list for all listeners, wherever its options stand.
struct SniSettings {
  std::vector<SniEntry> entries;  // in option order
  std::string directory;          // sni-dir: NAME.crt, NAME.key, NAME.ca
  std::string directory_ciphers;
  Policy directory_policy;
};

// One TLS listener.
struct Settings {
  std::string context_name;     // for messages: https-session-context, else "http-ADDR"
  std::string session_context;  // text of any length that must be equal on resuming nodes
  // Sessions of TLS 1.2 that nodes on OpenSSL 1.0 can resume, and theirs here: bound to the text of
  // the session context alone (at most 32 bytes then), without extended master secret (RFC 7627).
  // Names that ask for client certificates stay bound to their policy.
  bool for_openssl_1_0 = false;
  Identity identity;
  Policy policy;
  bool verbose = false;  // ssl-verbose: log each failed handshake
};

}  // namespace reprise::tls
