#include "router/admission.hpp"

#include <algorithm>

#include "router/proxy_reader.hpp"

namespace reprise::router {
namespace {

net::awaitable<bool> take_proxy_header(net::Socket& socket, ConnectionFacts& facts) {
  const auto header = co_await read_proxy_header(socket);
  if (!header) co_return false;
  if (header->source_host.empty()) co_return true;
  facts.remote_address = header->source_host;
  facts.remote_port = std::to_string(header->source_port);
  co_return true;
}

}  // namespace

net::awaitable<std::optional<AddressQuota::Share>> admit(Worker& worker, net::Socket& socket,
                                                         net::Deadline& deadline,
                                                         const net::Endpoint& remote,
                                                         ConnectionFacts& facts) {
  const auto& sources = worker.settings.proxy_sources;
  const bool behind_proxy = std::any_of(sources.begin(), sources.end(),
                                        [&](const auto& range) { return range.contains(remote); });
  if (behind_proxy) {
    deadline.set_from_now(worker.timeouts.handshake);
    const bool told = co_await take_proxy_header(socket, facts);
    if (!told) worker.counters.proxy_refused.add();
    if (!told) co_return std::nullopt;
  }
  const bool counted = worker.quota.limits() && (remote.family() != AF_UNIX || behind_proxy);
  if (!counted) co_return AddressQuota::Share();
  AddressQuota::Share share = worker.quota.take(facts.remote_address);
  if (share) co_return std::optional(std::move(share));
  worker.counters.limits.connections.add();
  co_return std::nullopt;
}

}  // namespace reprise::router
