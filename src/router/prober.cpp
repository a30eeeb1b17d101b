#include "router/prober.hpp"

#include <unistd.h>

#include <algorithm>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "net/connect.hpp"

namespace reprise::router {
namespace {

// The workers of a router that saw a node fail together do not come back together.
constexpr std::chrono::milliseconds most_delay{200};

// No node is asked more often, without a grace time either.
constexpr std::chrono::milliseconds least_pause{200};

}  // namespace

Prober::Prober(net::asio::io_context& io, net::Deadlines& deadlines, Backends& backends,
               std::chrono::milliseconds patience)
    : io_(io),
      deadlines_(deadlines),
      backends_(backends),
      patience_(patience),
      random_(static_cast<std::minstd_rand::result_type>(::getpid())) {
  backends_.when_failed([this](Backends::Node& node) { see_to(node); });
}

Prober::~Prober() {
  *alive_ = false;
}

void Prober::see_to(Backends::Node& node) {
  if (node.probed) return;
  node.probed = true;
  net::asio::co_spawn(io_, probe(node, alive_), net::asio::detached);
}

std::chrono::milliseconds Prober::some_delay() {
  std::uniform_int_distribution<int> any(0, static_cast<int>(most_delay.count()));
  return std::chrono::milliseconds(any(random_));
}

net::awaitable<void> Prober::probe(Backends::Node& node, Alive alive) {
  net::Timer timer(io_);
  while (node.failed) {
    const auto now = coarse_now();
    const auto rest = std::max<Backends::Clock::duration>(node.dead_until - now, least_pause);
    const error_code interrupted = co_await timer.wait(rest + some_delay());
    if (interrupted || !*alive) co_return;
    if (!node.failed || node.dead_until > coarse_now()) continue;
    const net::Endpoint tried = node.endpoint;
    const error_code error = co_await connect(tried);
    if (!*alive) co_return;
    if (error) {
      backends_.still_failed(node, tried, coarse_now());
    } else {
      backends_.mark_reached(node, tried);
    }
  }
  node.probed = false;
}

net::awaitable<error_code> Prober::connect(const net::Endpoint& endpoint) {
  auto socket = net::Socket::open(io_, endpoint.family());
  if (socket.has_error()) co_return socket.error();
  net::Deadline deadline(deadlines_, [&] { socket->cancel(); });
  deadline.set_from_now(patience_);
  const error_code error = co_await net::connect(io_, *socket, endpoint, deadline);
  co_return error;
}

}  // namespace reprise::router
