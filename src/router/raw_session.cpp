#include "router/raw_session.hpp"

#include "net/plain_stream.hpp"
#include "protocol/proxy_protocol.hpp"
#include "protocol/xclient.hpp"

namespace reprise::router {
namespace {

// A mail server's line has 512 bytes (RFC 5321 4.5.3.1.5).
constexpr std::size_t longest_banner = 4096;

}  // namespace

RawSession::RawSession(RawWorker& worker, net::Socket client, const net::Endpoint& remote,
                       std::string_view key)
    : worker_(worker),
      client_(std::move(client)),
      remote_(remote.unmapped()),
      key_(key),
      deadline_(worker.deadlines, [this] { deadline_passed(); }),
      upstream_(worker, deadline_) {}

// A node that does not answer is not the end of the session: the next one has its turn.
void RawSession::deadline_passed() {
  upstream_.cancel();
  if (connected_) client_.cancel();
}

net::awaitable<void> RawSession::run() {
  const std::string remote_text = remote_.host();
  const RawUpstream::Outcome outcome = co_await upstream_.connect(key_, remote_text);
  count(outcome);
  if (outcome != RawUpstream::Outcome::connected) co_return;
  connected_ = true;
  deadline_.set_from_now(worker_.tools.idle);
  const bool introduced = co_await introduce();
  if (!introduced) co_return;
  Relay relay(worker_.tools, client_, upstream_.socket(), deadline_, worker_.counters.bytes_in,
              worker_.counters.bytes_out, upstream_.lease());
  const Relay::End end = co_await relay.run();
  count(end);
}

void RawSession::count(RawUpstream::Outcome outcome) {
  RawCounters& counters = worker_.counters;
  switch (outcome) {
    case RawUpstream::Outcome::connected:
      break;
    case RawUpstream::Outcome::no_node:
      counters.no_node.add();
      log::failure(worker_.error_lines, "rawrouter.closed", "no node is left to try");
      break;
    case RawUpstream::Outcome::failed:
      counters.connect_failed.add();
      log::failure(worker_.error_lines, "rawrouter.closed", "no node could be reached");
      break;
    case RawUpstream::Outcome::exhausted:
      counters.connect_failed.add();
      log::failure(worker_.error_lines, "rawrouter.closed", "no socket for a node");
      break;
  }
}

void RawSession::count(Relay::End end) {
  RawCounters& counters = worker_.counters;
  switch (end) {
    case Relay::End::orderly:
      break;
    case Relay::End::timed_out:
      counters.timed_out.add();
      break;
    case Relay::End::client_failed:
      counters.client_failed.add();
      break;
    case Relay::End::node_failed:
      counters.node_failed.add();
      break;
  }
}

// Tells the node who its client is, ahead of everything that the client says.
net::awaitable<bool> RawSession::introduce() {
  if (worker_.settings.proxy_header != ProxyHeader::none) {
    const error_code error = co_await tell_node(proxy_header());
    if (error) {
      count(deadline_.has_passed() ? Relay::End::timed_out : Relay::End::node_failed);
      co_return false;
    }
  }
  if (!worker_.settings.xclient || remote_.family() != AF_INET) co_return true;
  const bool greeted = co_await replace_banner(remote_.host());
  if (!greeted) worker_.counters.greeting_failed.add();
  co_return greeted;
}

std::string RawSession::proxy_header() const {
  const net::Endpoint local = net::Endpoint::local(client_.fd()).unmapped();
  return worker_.settings.proxy_header == ProxyHeader::version_1
             ? protocol::proxy_header_v1(remote_.data(), local.data())
             : protocol::proxy_header_v2(remote_.data(), local.data());
}

net::awaitable<error_code> RawSession::tell_node(std::string text) {
  net::PlainStream stream(upstream_.socket());
  const error_code error = co_await net::write_all(stream, text);
  co_return error;
}

// The node's banner goes nowhere: after XCLIENT it greets again, and the client gets that. What
// came behind the banner is the client's.
net::awaitable<bool> RawSession::replace_banner(std::string address) {
  using State = protocol::Banner::State;
  net::PlainStream stream(upstream_.socket());
  std::string received;
  protocol::Banner banner;
  while (banner.state == State::incomplete && received.size() < longest_banner) {
    char piece[longest_banner];
    const Buffer room(piece, longest_banner - received.size());
    const auto bytes = co_await net::read_some(stream, room);
    if (bytes.has_error() || *bytes == 0) co_return false;
    received.append(piece, *bytes);
    banner = protocol::find_banner(received);
  }
  if (banner.state != State::complete) co_return false;
  const error_code told = co_await tell_node(protocol::xclient_command(address));
  if (told) co_return false;
  net::PlainStream client(client_);
  const Bytes behind = Bytes(received).substr(banner.size);
  const error_code error = co_await net::write_all(client, behind);
  co_return !error;
}

}  // namespace reprise::router
