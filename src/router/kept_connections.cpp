#include "router/kept_connections.hpp"

#include <algorithm>

#include "base/clock.hpp"
#include "net/plain_stream.hpp"

namespace reprise::router {
namespace {

// To all addresses: names and announces could bring any number of them.
constexpr std::size_t most_in_all = 1024;

// Connections that the other side has closed do not stay much longer.
constexpr std::chrono::seconds sweep_interval{1};

constexpr std::chrono::seconds margin{1};

std::string_view key_of(const net::Endpoint& endpoint) {
  return {reinterpret_cast<const char*>(endpoint.data()), endpoint.size()};
}

}  // namespace

KeptConnections::KeptConnections(net::Deadlines& deadlines, const BackendHttp& settings,
                                 BackendCounters& counters)
    : settings_(settings), counters_(counters), next_sweep_(deadlines, [this] { sweep(); }) {}

std::optional<net::Socket> KeptConnections::take(const net::Endpoint& endpoint) {
  const auto found = by_address_.find(key_of(endpoint));
  if (found == by_address_.end()) return std::nullopt;
  Idles& idles = found->second;
  while (!idles.empty()) {
    Idle idle = std::move(idles.back());
    idles.pop_back();
    --size_;
    if (!net::is_silent(idle.socket.fd())) {
      counters_.stale.add();
    } else if (idle.until > coarse_now()) {
      return std::move(idle.socket);
    }
  }
  return std::nullopt;
}

void KeptConnections::keep(const net::Endpoint& endpoint, net::Socket socket,
                           std::optional<std::chrono::seconds> open_for) {
  if (ended_ || size_ >= most_in_all || settings_.kept == 0) return;
  // A request that is sent just as the other side ends it is lost, so we end it before.
  std::chrono::seconds idle = settings_.idle;
  if (open_for) {
    idle = std::min(idle, *open_for - margin);
    if (idle.count() <= 0) return;
  }
  const std::string_view key = key_of(endpoint);
  auto place = by_address_.find(key);
  if (place == by_address_.end()) place = by_address_.emplace(key, Idles()).first;
  Idles& idles = place->second;
  if (idles.size() >= static_cast<std::size_t>(settings_.kept)) return;
  idles.push_back({std::move(socket), coarse_now() + idle});
  ++size_;
  counters_.kept.add();
  if (next_sweep_.at() == net::Deadline::never) next_sweep_.set_from_now(sweep_interval);
}

void KeptConnections::drop(const net::Endpoint& endpoint) {
  const auto found = by_address_.find(key_of(endpoint));
  if (found == by_address_.end()) return;
  size_ -= found->second.size();
  by_address_.erase(found);
}

void KeptConnections::end() {
  ended_ = true;
  by_address_.clear();
  size_ = 0;
}

void KeptConnections::sweep() {
  const auto now = coarse_now();
  for (auto place = by_address_.begin(); place != by_address_.end();) {
    sweep(place->second, now);
    place = place->second.empty() ? by_address_.erase(place) : std::next(place);
  }
  if (size_ > 0) next_sweep_.set_from_now(sweep_interval);
}

void KeptConnections::sweep(Idles& idles, Clock::time_point now) {
  for (auto idle = idles.begin(); idle != idles.end();) {
    const bool silent = net::is_silent(idle->socket.fd());
    if (silent && idle->until > now) {
      ++idle;
      continue;
    }
    if (!silent) counters_.stale.add();
    idle = idles.erase(idle);
    --size_;
  }
}

}  // namespace reprise::router
