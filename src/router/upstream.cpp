#include "router/upstream.hpp"

#include <algorithm>

#include "base/clock.hpp"
#include "net/connect.hpp"
#include "net/plain_stream.hpp"
#include "protocol/uwsgi_packet.hpp"
#include "router/named_nodes.hpp"

namespace reprise::router {
namespace {

using protocol::Status;

constexpr int max_retries = 3;

}  // namespace

net::awaitable<Upstream::Sent> Upstream::send_request(Buffer packet, Bytes body_start,
                                                      const Asked& asked) {
  alone_ = asked.alone;
  const Sent sent = co_await send_to(first_target(asked), packet, body_start, asked);
  co_return sent;
}

net::awaitable<Upstream::Sent> Upstream::send_again(Buffer request, const Asked& asked) {
  alone_ = true;
  worker_.counters.backends.stale.add();
  worker_.counters.backends.repeated.add();
  const Sent sent = co_await send_to(reached_, request, Bytes(), asked);
  co_return sent;
}

net::awaitable<Upstream::Sent> Upstream::send_to(std::optional<Target> target, Buffer packet,
                                                 Bytes body_start, const Asked& asked) {
  Sent result{Status::service_unavailable, 0};
  const Bytes bytes(packet.data(), packet.size());
  for (int retries = 0; target; ++retries) {
    deadline_.set_from_now(worker_.timeouts.connect);
    set_modifiers(*target, packet);
    const Attempt tried = co_await attempt(target->endpoint, bytes, body_start);
    if (!tried.error) {
      note_reached(*target, tried.sent);
      result.status = Status::ok;
      result.body_bytes = tried.sent - packet.size();
      break;
    }
    result.status = deadline_.has_passed() ? Status::gateway_timeout : Status::bad_gateway;
    if (tried.sent > 0 || net::is_our_own_trouble(tried.error)) break;
    give_up(*target, retries, asked.key, tried.error);
    if (retries == max_retries) break;
    target = next_target(asked);
  }
  co_return result;
}

void Upstream::note_reached(const Target& target, std::size_t sent) {
  reached_ = target;
  if (target.node != nullptr) worker_.backends.mark_reached(*target.node, target.endpoint);
  frames_ = target.node != nullptr && target.node->frames;
  if (lease_) lease_->connected();
  if (RawNodeCounters* counters = counters_of(target)) counters->connections.add();
  note_sent(sent);
}

// Of a node that announced itself, or was found for the host; of all others they are the router's.
void Upstream::set_modifiers(const Target& target, Buffer packet) const {
  const Settings& settings = worker_.settings;
  if (packet.size() < protocol::PacketWriter::header_size || settings.backend_http.wanted) return;
  if (worker_.directory != nullptr) {
    packet[0] = static_cast<char>(lease_ ? lease_->modifier1() : settings.modifier1);
    packet[3] = static_cast<char>(lease_ ? lease_->modifier2() : settings.modifier2);
  } else if (!host_nodes_.empty()) {
    const int common = settings.modifier1;
    packet[0] = static_cast<char>(common != 0 ? common : target.modifier1.value_or(0));
  }
}

std::optional<Upstream::Target> Upstream::first_target(const Asked& asked) {
  if (worker_.directory == nullptr && worker_.host_lookup) {
    look_up_host(asked.key);
    return next_host_node();
  }
  if (worker_.directory == nullptr && worker_.settings.named_nodes) {
    const auto path = node_path(*worker_.settings.named_nodes, asked.key);
    if (!path) return std::nullopt;
    named_path_ = *path;
    return Target{nullptr, named_path_, unix_endpoint(named_path_)};
  }
  const auto target = turn(asked);
  return target ? target : next_fallback();
}

// They take turns from one request to the next.
void Upstream::look_up_host(std::string_view key) {
  const auto text = worker_.host_lookup(key);
  if (text) host_nodes_ = parse_host_nodes(*text);
  if (host_nodes_.empty()) return;
  const std::size_t first = worker_.host_turn++ % host_nodes_.size();
  std::rotate(host_nodes_.begin(), host_nodes_.begin() + static_cast<std::ptrdiff_t>(first),
              host_nodes_.end());
}

std::optional<Upstream::Target> Upstream::next_host_node() {
  if (host_nodes_tried_ == host_nodes_.size()) return std::nullopt;
  const HostNode& node = host_nodes_[host_nodes_tried_++];
  return Target{nullptr, node.address, node.endpoint, nullptr, node.modifier1};
}

std::optional<Upstream::Target> Upstream::next_target(const Asked& asked) {
  if (worker_.directory == nullptr && worker_.host_lookup) {
    const auto node = next_host_node();
    return node ? node : next_fallback();
  }
  const bool take_turns = worker_.fallbacks.size() == 0 &&
                          (worker_.directory != nullptr || !worker_.settings.named_nodes);
  return take_turns ? turn(asked) : next_fallback();
}

std::optional<Upstream::Target> Upstream::turn(const Asked& asked) {
  if (worker_.directory != nullptr) {
    lease_ = worker_.directory->find(asked.key, asked.client);
    if (!lease_) return std::nullopt;
    return Target{nullptr, lease_->address(), lease_->endpoint()};
  }
  Backends::Node* const node = worker_.backends.next(coarse_now());
  if (node == nullptr) return std::nullopt;
  return Target{node, node->address, node->endpoint};
}

std::optional<Upstream::Target> Upstream::next_fallback() {
  lease_.reset();
  if (fallbacks_tried_ == worker_.fallbacks.size()) return std::nullopt;
  Backends::Node& fallback = worker_.fallbacks.at(fallbacks_tried_++, coarse_now());
  return Target{nullptr, fallback.address, fallback.endpoint, &fallback};
}

net::awaitable<Upstream::Attempt> Upstream::attempt(const net::Endpoint& endpoint, Bytes packet,
                                                    Bytes body_start) {
  if (worker_.settings.backend_http.kept > 0 && !alone_) {
    const Attempt tried = co_await send_over_kept(endpoint, packet, body_start);
    if (reused_) co_return tried;
  }
  Attempt result;
  result.error = co_await connect(endpoint);
  if (result.error) co_return result;
  result = co_await send(packet, body_start);
  if (!result.error) worker_.counters.backends.opened.add();
  co_return result;
}

// reused_: it has the packet, or the deadline passed. One that takes no whole head has served none
// of it, so the packet may go elsewhere.
net::awaitable<Upstream::Attempt> Upstream::send_over_kept(const net::Endpoint& endpoint,
                                                           Bytes packet, Bytes body_start) {
  reused_ = false;
  for (;;) {
    auto kept = worker_.kept.take(endpoint);
    if (!kept) co_return Attempt();
    socket_.reset();
    socket_.emplace(std::move(*kept));
    const Attempt result = co_await send(packet, body_start);
    reused_ = !result.error || deadline_.has_passed();
    if (!result.error) worker_.counters.backends.reused.add();
    if (reused_) co_return result;
    worker_.counters.backends.stale.add();
  }
}

net::awaitable<Upstream::Attempt> Upstream::send(Bytes packet, Bytes body_start) {
  Attempt result;
  // A near peer has accepted by now: sending is tried before waiting.
  while (result.sent < packet.size()) {
    const net::Step step = net::send(socket_->fd(), packet.substr(result.sent), body_start);
    result.error = step.error;
    if (step.error) co_return result;
    result.sent += step.bytes;
    if (step.want == net::Want::nothing) continue;
    result.error = co_await socket_->ready(step.want);
    if (result.error) co_return result;
  }
  co_return result;
}

// Begins to connect; whether it worked is seen by the first send.
net::awaitable<error_code> Upstream::connect(const net::Endpoint& endpoint) {
  socket_.reset();
  auto opened = net::Socket::open(worker_.io, endpoint.family());
  if (opened.has_error()) co_return opened.error();
  socket_.emplace(std::move(*opened));
  net::expect_to_speak_first(socket_->fd());
  const error_code error = co_await net::begin_connect(worker_.io, *socket_, endpoint, deadline_);
  co_return error;
}

void Upstream::give_up(const Target& target, int retries, std::string_view key, error_code error) {
  if (!worker_.settings.quiet) {
    worker_.backends.report(std::string(target.address), retries,
                            deadline_.has_passed() ? "timeout" : error.message());
  }
  worker_.kept.drop(target.endpoint);
  if (lease_) {
    lease_->failed();
    worker_.directory->report_failed(key, *lease_);
  }
  if (target.fallback != nullptr) Backends::hurry(*target.fallback);
  if (target.node == nullptr) return;
  if (RawNodeCounters* counters = counters_of(target)) counters->failed_at.set(unix_now());
  worker_.backends.mark_failed(*target.node, target.endpoint, key, coarse_now());
}

// Null: not one of the nodes that are counted.
RawNodeCounters* Upstream::counters_of(const Target& target) const {
  const bool counted = target.node != nullptr && target.node->number < worker_.node_counters.size();
  return counted ? &worker_.node_counters[target.node->number] : nullptr;
}

void Upstream::cancel() {
  if (socket_) socket_->cancel();
}

// A peer that has closed its side is spared the exchange of a FIN, and a connection in TIME_WAIT.
// But a reset takes from it what it has not read yet.
void Upstream::close(bool nothing_unread) {
  if (!socket_) return;
  if (nothing_unread && socket_->ended()) net::reset_on_close(socket_->fd());
  socket_->close();
  lease_.reset();
}

void Upstream::keep(std::optional<std::chrono::seconds> open_for) {
  if (!socket_ || !reached_) return;
  if (socket_->is_cancelled()) return close();
  worker_.kept.keep(reached_->endpoint, std::move(*socket_), open_for);
  socket_.reset();
  lease_.reset();
}

}  // namespace reprise::router
