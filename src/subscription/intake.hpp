#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "base/line_allowance.hpp"
#include "base/log.hpp"
#include "net/address.hpp"
#include "subscription/announcement.hpp"
#include "subscription/budget.hpp"
#include "subscription/settings.hpp"
#include "subscription/signature.hpp"
#include "subscription/table.hpp"

namespace reprise::subscription {

// What the kernel says of who sent a datagram over a unix socket.
struct Credentials {
  std::uint64_t pid = 0;
  std::uint64_t uid = 0;
  std::uint64_t gid = 0;
};

// Where a datagram came from.
struct Source {
  net::Endpoint endpoint;  // AF_UNIX: over a unix socket
  bool this_host = false;  // or over loopback, or such a socket
  std::optional<Credentials> credentials;
};

// Who may announce, by where from.
using Admission = std::function<bool(const net::Endpoint&)>;

// Of a name or a number. Throws std::runtime_error, with the place, for a user that is not there.
std::uint64_t uid_of(const Written& user);

// Takes what nodes announce into a router's table: one datagram at a time, whatever is in it.
class Intake {
public:
  // References outlive this. Throws std::runtime_error, with the place, for a digest, directory or
  // user that is none. `admission` may be empty.
  Intake(Table& table, const Settings& settings, const ServerSettings& server, Admission admission);

  // Counts and, now and then, tells what changed nothing.
  void take(Bytes datagram, const Source& source, const Moment& now);

  // Nodes that were silent for too long leave. Also tells of lines that were left out since the
  // last time.
  void sweep(const Moment& now);

  // Whether who sends has to be asked of the kernel.
  bool wants_credentials() const;

private:
  std::optional<Rejection> consider(Bytes datagram, const Source& source, const Moment& now);
  std::optional<Rejection> judge_sender(const Announcement& announcement,
                                        const Source& source) const;
  std::optional<Rejection> judge_signature(const Announcement& announcement, const Source& source,
                                           const Moment& now);
  std::optional<Rejection> judge_freshness(const Announcement& announcement, const Moment& now);
  std::optional<Rejection> announce(const Announcement& announcement, const std::string& address,
                                    const net::Endpoint& endpoint, const Source& source,
                                    const Moment& now);
  void leave(const Announcement& announcement, const std::string& address);
  template <class... Args>
  void tell(fmt::format_string<Args...> format, Args&&... args);
  void acknowledge(const Announcement& announcement, const std::string& address,
                   const Source& source) const;

  Table& table_;
  const Settings& settings_;
  std::string router_;
  Admission admission_;
  std::optional<Verifier> verifier_;
  std::vector<std::uint64_t> skip_uids_;
  Budget budget_;
  // Of nodes that come and go: so many a second, as anybody may be let announce and leave.
  log::LineAllowance node_lines_{100};
  log::RateLimit rejection_lines_;
  log::RateLimit stale_lines_;
  log::RateLimit certificate_lines_{std::chrono::seconds(60)};
};

// Where to connect to for an address that a node told: numbers, or a unix socket's path. Nothing
// for what is neither. `address` becomes what the node is known by: without a host it is the
// sender's.
std::optional<net::Endpoint> place_of(std::string& address, const net::Endpoint& source);

// Sources that are told apart: IPv4 addresses, IPv6 networks of 64 bits, and all unix sockets.
// Never 0.
std::uint64_t source_id(const net::Endpoint& source);

}  // namespace reprise::subscription
