#include "sync/ledger.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <cstring>
#include <new>

#include "base/clock.hpp"
#include "net/datagram.hpp"

namespace reprise::sync {
namespace {

using Address = std::array<std::uint64_t, 2>;

Address address_of(const net::Endpoint& endpoint) {
  in6_addr v6{};
  if (endpoint.family() == AF_INET6) {
    sockaddr_in6 socket_address{};
    std::memcpy(&socket_address, endpoint.data(), sizeof socket_address);
    v6 = socket_address.sin6_addr;
  } else if (endpoint.family() == AF_INET) {
    sockaddr_in socket_address{};
    std::memcpy(&socket_address, endpoint.data(), sizeof socket_address);
    v6.s6_addr[10] = v6.s6_addr[11] = 0xff;
    std::memcpy(&v6.s6_addr[12], &socket_address.sin_addr, sizeof socket_address.sin_addr);
  }
  Address address;
  std::memcpy(address.data(), &v6, sizeof v6);
  return address;
}

std::string text_of(const Address& address) {
  in6_addr v6{};
  std::memcpy(&v6, address.data(), sizeof v6);
  char text[INET6_ADDRSTRLEN] = "";
  if (IN6_IS_ADDR_V4MAPPED(&v6)) {
    ::inet_ntop(AF_INET, &v6.s6_addr[12], text, sizeof text);
  } else {
    ::inet_ntop(AF_INET6, &v6, text, sizeof text);
  }
  return text;
}

Address address_in(const PeerCounters& row) {
  return {row.address[0].load(std::memory_order_relaxed),
          row.address[1].load(std::memory_order_relaxed)};
}

// Structs of one kind one after the other; `at` moves behind them.
template <class T>
std::span<T> carve(std::byte*& at, std::size_t count) {
  static_assert(alignof(T) <= alignof(std::uint64_t));
  T* const first = reinterpret_cast<T*>(at);
  for (std::size_t i = 0; i < count; ++i)
    ::new (static_cast<void*>(first + i)) T;
  at += count * sizeof(T);
  return {first, count};
}

}  // namespace

Ledger::Ledger(const std::vector<net::Endpoint>& nodes)
    : region_(shm::Region::create("reprise-sync", sizeof(CacheCounters) +
                                                      (most_peers + 1) * sizeof(PeerCounters) +
                                                      nodes.size() * sizeof(NodeCounters))) {
  std::byte* at = region_.data();
  cache_ = carve<CacheCounters>(at, 1).data();
  peers_ = carve<PeerCounters>(at, most_peers + 1);
  nodes_ = carve<NodeCounters>(at, nodes.size());
  for (const net::Endpoint& node : nodes) {
    if (net::reach_of(node) == net::Reach::unicast) peer(node);
  }
}

PeerCounters& Ledger::peer(const net::Endpoint& from) const {
  const Address wanted = address_of(from);
  if (wanted == Address{}) return peers_.back();
  for (PeerCounters& row : peers_.first(most_peers)) {
    const Address address = address_in(row);
    if (address == wanted) return row;
    if (address != Address{}) continue;
    row.address[0].store(wanted[0], std::memory_order_relaxed);
    row.address[1].store(wanted[1], std::memory_order_relaxed);
    return row;
  }
  return peers_.back();
}

std::vector<Ledger::Peer> Ledger::peers() const {
  std::vector<Peer> used;
  for (const PeerCounters& row : peers_.first(most_peers)) {
    const Address address = address_in(row);
    if (address == Address{}) break;
    used.push_back({text_of(address), &row});
  }
  if (peers_.back().received.get() > 0) used.push_back({"others", &peers_.back()});
  return used;
}

std::uint64_t monotonic_milliseconds() {
  const auto since_boot = coarse_now().time_since_epoch();
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(since_boot).count());
}

}  // namespace reprise::sync
