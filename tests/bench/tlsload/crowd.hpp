#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <unordered_map>

#include "tlsload/connection.hpp"
#include "tlsload/tally.hpp"

namespace reprise::bench {

// Sessions to offer, the one that has waited longest first.
using Sessions = std::deque<SessionPtr>;

// The connections of the client. What happens to them is told to a tally; waiting longer than ten
// seconds for anything to happen throws std::runtime_error.
class Crowd {
public:
  // Keeps references.
  Crowd(const Options& options, SSL_CTX* context) : options_(options), context_(context) {}

  // `count` connections, `concurrency` at a time: handshake, the exchange of `request` if there is
  // one, end. Each offers a session of `offered` (as long as there are any) and leaves its newest
  // one in `received`; they may be the same.
  void visit(std::uint64_t count, Sessions& offered, Sessions& received, End end, Tally& tally,
             const Request* request = nullptr);

  // `count` connections that stay open, each after one exchange; `concurrency` at a time.
  void open(std::uint64_t count, const Request& request, Tally& tally);

  // `count` exchanges over the connections that are open, one at a time on each.
  void exchange(std::uint64_t count, const Request& request, Tally& tally);

private:
  using OnReady = std::function<void(Connection&)>;
  using OnGone = std::function<void(Connection&, bool was_idle)>;

  void begin(SessionPtr offered);
  void count_handshake(const Connection& connection, Tally& tally);
  // Hands events on until `done`. `on_ready` has the connections that became ready, `on_gone` those
  // that ended or failed, just before they are deleted; an idle one had nothing left to do.
  void run(const std::function<bool()>& done, const OnReady& on_ready, const OnGone& on_gone);

  const Options& options_;
  SSL_CTX* context_;
  Poller poller_;
  std::unordered_map<Connection*, std::unique_ptr<Connection>> connections_;
};

}  // namespace reprise::bench
