#include "router/relay.hpp"

namespace reprise::router {

Relay::Relay(RelayTools& tools, net::Socket& client, net::Socket& node, net::Deadline& deadline,
             shm::Counter& bytes_in, shm::Counter& bytes_out, subscription::Lease* lease)
    : tools_(tools),
      client_(client),
      node_(node),
      deadline_(deadline),
      to_node_(tools, client, node, deadline, bytes_in,
               lease != nullptr ? &lease->bytes_to() : nullptr),
      to_client_(tools, node, client, deadline, bytes_out,
                 lease != nullptr ? &lease->bytes_from() : nullptr),
      waiting_(tools.io, net::Reactor::of(tools.io).waiting()) {}

net::awaitable<Relay::End> Relay::run() {
  deadline_.set_from_now(tools_.idle);
  const auto answered = [this](std::exception_ptr failure, Pump::End end) {
    ended(failure ? Pump::End::source_failed : end, End::node_failed, End::client_failed);
  };
  net::asio::co_spawn(tools_.io, to_client_.run(), answered);
  Pump::End end = Pump::End::source_failed;
  std::exception_ptr failure;
  try {
    end = co_await to_node_.run();
  } catch (...) {
    failure = std::current_exception();
  }
  ended(end, End::client_failed, End::node_failed);
  co_await wait_for_both();
  if (failure) std::rethrow_exception(failure);
  co_return end_;
}

// A source that failed takes its whole connection with it. A sink that failed may have sent
// something before, which the other direction still delivers, and then finds its end.
void Relay::ended(Pump::End end, End of_source, End of_sink) {
  --running_;
  const bool first = end_ == End::orderly;
  if (first && end == Pump::End::source_failed) end_ = of_source;
  if (first && end == Pump::End::sink_failed) end_ = of_sink;
  if (first && end == Pump::End::cancelled) end_ = End::timed_out;  // by whom else?
  if (end == Pump::End::source_failed) {
    client_.cancel();
    node_.cancel();
  }
  if (running_ == 0) waiting_.complete({});
}

net::awaitable<void> Relay::wait_for_both() {
  if (running_ == 0) co_return;
  co_await waiting_.wait(net::token, [] {});
}

}  // namespace reprise::router
