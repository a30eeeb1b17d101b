#include "router/raw_upstream.hpp"

#include "base/clock.hpp"
#include "net/connect.hpp"
#include "net/plain_stream.hpp"

namespace reprise::router {

RawUpstream::~RawUpstream() {
  if (connected_to_ != nullptr) connected_to_->active.subtract();
}

net::awaitable<RawUpstream::Outcome> RawUpstream::connect(std::string_view key,
                                                          std::string_view client) {
  key_ = key;
  client_ = client;
  Outcome outcome = Outcome::no_node;
  auto target = first_target();
  for (int retries = 0; target; ++retries) {
    deadline_.set_from_now(worker_.connect_timeout);
    const error_code error = co_await attempt(target->endpoint);
    if (!error) {
      if (target->node != nullptr) worker_.nodes.mark_reached(*target->node, target->endpoint);
      net::set_no_delay(socket_->fd());
      if (lease_) lease_->connected();
      connected_to_ = target->counters;
      if (connected_to_ != nullptr) connected_to_->connections.add();
      if (connected_to_ != nullptr) connected_to_->active.add();
      co_return Outcome::connected;
    }
    if (net::is_our_own_trouble(error)) co_return Outcome::exhausted;
    outcome = Outcome::failed;
    give_up(*target, retries, key, error);
    if (retries == worker_.settings.max_retries) break;
    target = next_target();
  }
  co_return outcome;
}

std::optional<RawUpstream::Target> RawUpstream::first_target() {
  const auto target = turn();
  return target ? target : next_fallback();
}

std::optional<RawUpstream::Target> RawUpstream::next_target() {
  return worker_.fallbacks.size() == 0 ? turn() : next_fallback();
}

std::optional<RawUpstream::Target> RawUpstream::announced() {
  lease_ = worker_.directory->find(key_, client_);
  if (!lease_) return std::nullopt;
  return Target{nullptr, lease_->address(), lease_->endpoint(), nullptr};
}

std::optional<RawUpstream::Target> RawUpstream::turn() {
  if (worker_.directory != nullptr) return announced();
  Backends::Node* const node = worker_.nodes.next(coarse_now());
  if (node == nullptr) return std::nullopt;
  return Target{node, node->address, node->endpoint, &worker_.node_counters[node->number]};
}

std::optional<RawUpstream::Target> RawUpstream::next_fallback() {
  lease_.reset();
  if (fallbacks_tried_ == worker_.fallbacks.size()) return std::nullopt;
  const std::size_t place = worker_.nodes.size() + fallbacks_tried_;
  Backends::Node& fallback = worker_.fallbacks.at(fallbacks_tried_++, coarse_now());
  return Target{nullptr, fallback.address, fallback.endpoint, &worker_.node_counters[place],
                &fallback};
}

net::awaitable<error_code> RawUpstream::attempt(const net::Endpoint& endpoint) {
  socket_.reset();
  auto opened = net::Socket::open(worker_.io, endpoint.family());
  if (opened.has_error()) co_return opened.error();
  socket_.emplace(std::move(*opened));
  const error_code error = co_await net::connect(worker_.io, *socket_, endpoint, deadline_);
  co_return error;
}

void RawUpstream::give_up(const Target& target, int retries, std::string_view key,
                          error_code error) {
  if (target.counters != nullptr) target.counters->failed.add();
  if (!worker_.settings.quiet) {
    worker_.nodes.report(std::string(target.address), retries,
                         deadline_.has_passed() ? "timeout" : error.message());
  }
  if (lease_) {
    lease_->failed();
    worker_.directory->report_failed(key, *lease_);
  }
  if (target.fallback != nullptr) Backends::hurry(*target.fallback);
  if (target.node == nullptr) return;
  worker_.nodes.mark_failed(*target.node, target.endpoint, key, coarse_now());
  target.counters->failed_at.set(unix_now());
}

void RawUpstream::cancel() {
  if (socket_) socket_->cancel();
}

}  // namespace reprise::router
