#include "router/http_session.hpp"

#include <algorithm>
#include <cstring>

#include "net/plain_stream.hpp"
#include "router/answer.hpp"

namespace reprise::router {

using net::Step;
using net::Want;
using protocol::HeadFinder;

HttpSession::HttpSession(Worker& worker, net::Socket socket, const net::Endpoint& remote,
                         const tls::Context* tls, std::string_view server_port)
    : worker_(worker),
      socket_(std::move(socket)),
      stream_(make_stream(tls)),
      deadline_(worker.deadlines, [this] { deadline_passed(); }),
      client_(worker, *stream_, deadline_) {
  const bool tcp = remote.family() != AF_UNIX;
  facts_.remote_address = tcp ? remote.host() : "0.0.0.0";
  facts_.remote_port = std::to_string(remote.port());
  facts_.server_port = server_port;
  facts_.https = tls != nullptr;
}

HttpSession::~HttpSession() = default;

std::unique_ptr<net::Stream> HttpSession::make_stream(const tls::Context* context) {
  if (context == nullptr) return std::make_unique<net::PlainStream>(socket_);
  auto stream = std::make_unique<tls::Stream>(socket_, *context, worker_.tls_counters);
  tls_ = stream.get();
  return stream;
}

void HttpSession::deadline_passed() {
  if (exchange_ != nullptr) {
    exchange_->deadline_passed();
  } else {
    socket_.cancel();
  }
}

void HttpSession::end_if_idle() {
  // One that has not asked yet was accepted by us and would take a close for a failure.
  if (idle_ && reused_) socket_.cancel();
}

net::awaitable<void> HttpSession::run() {
  if (tls_ != nullptr) {
    const bool secure = co_await handshake();
    if (!secure) co_return;
    facts_.peer = tls_->peer();
  }
  auto patience = worker_.timeouts.head;
  // An accepted plain connection mostly has its request already.
  bool wait_first = tls_ != nullptr;
  for (;;) {
    idle_ = parked_.empty();
    deadline_.set_from_now(patience);
    if (wait_first && idle_ && !stream_->pending()) {
      const error_code error = co_await socket_.ready(Want::input);
      if (error) break;
    }
    const auto head = co_await read_head();
    if (!head) break;
    if (*head != Status::ok) {
      co_await refuse(*head, /*with_body=*/true);
      co_return;
    }
    const Exchange::End end = co_await serve();
    if (end == Exchange::End::gone) co_return;
    if (end == Exchange::End::close || worker_.draining) break;
    patience = worker_.timeouts.keepalive;
    wait_first = reused_ = true;
  }
  if (parked_.empty()) {
    stream_->before_close();
  } else {
    stream_->shut_down();
    co_await client_.linger();
  }
}

net::awaitable<bool> HttpSession::handshake() {
  deadline_.set_from_now(worker_.timeouts.handshake);
  const error_code error = co_await tls_->handshake();
  if (error && tls_->spoke_plain_http()) co_await answer_in_clear();
  co_return !error;
}

net::awaitable<void> HttpSession::answer_in_clear() {
  net::PlainStream clear(socket_);
  Client client(worker_, clear, deadline_);
  worker_.counters.bad_requests.add();
  client.made_progress();
  const std::string text = make_plain_http_answer();
  const error_code error = co_await client.write(text);
  if (error) co_return;
  clear.shut_down();
  co_await client.linger();
}

// A head that is not complete yet waits in memory of its own size, not in a buffer.
void HttpSession::park() {
  parked_.assign(input_.bytes().data(), input_size_);
  input_.release();
}

void HttpSession::unpark() {
  input_ = worker_.buffers.borrow();
  input_size_ = std::min(parked_.size(), input_.bytes().size());
  std::memcpy(input_.bytes().data(), parked_.data(), input_size_);
  std::string().swap(parked_);  // an assignment would keep its memory
}

// Of what is there: ok, a refusal, or nothing if more has to come.
std::optional<protocol::Status> HttpSession::judge() {
  const std::size_t limit = std::min(worker_.settings.max_head, BufferPool::buffer_size);
  if (input_size_ == 0) return std::nullopt;
  const auto state = finder_.look({input_.bytes().data(), input_size_});
  if (state == HeadFinder::State::malformed) return Status::bad_request;
  const bool complete = state == HeadFinder::State::complete;
  if (complete ? finder_.end() > limit : input_size_ >= limit) {
    return finder_.first_line_exceeds(limit) ? Status::uri_too_long
                                             : Status::header_fields_too_large;
  }
  if (complete) return Status::ok;
  return std::nullopt;
}

// Until a whole head stands in input_. Nothing if the connection ended before it began.
net::awaitable<std::optional<protocol::Status>> HttpSession::read_head() {
  finder_ = {};
  unpark();
  auto verdict = judge();
  while (!verdict) {
    const Step step = client_.read(input_.bytes().subspan(input_size_));
    if (step.error || (step.want == Want::nothing && step.bytes == 0)) co_return std::nullopt;
    if (step.want == Want::nothing) {
      if (std::exchange(idle_, false)) deadline_.set_from_now(worker_.timeouts.head);
      input_size_ += step.bytes;
      verdict = judge();
      if (verdict || stream_->pending()) continue;
    }
    park();
    const Want want = step.want == Want::nothing ? Want::input : step.want;
    const error_code error = co_await socket_.ready(want);
    if (error && !idle_ && deadline_.has_passed()) co_return Status::request_timeout;
    if (error) co_return std::nullopt;
    unpark();
  }
  idle_ = false;
  co_return verdict;
}

net::awaitable<Exchange::End> HttpSession::serve() {
  worker_.counters.requests.add();
  protocol::RequestHead& head = worker_.head;
  const Bytes text(input_.bytes().data() + finder_.begin(), finder_.end() - finder_.begin());
  PacketResult packet;
  BufferPool::Lease packet_buffer = worker_.buffers.borrow();
  packet.status = protocol::parse_request_head(text, {}, head);
  if (packet.status == Status::ok && head.chunked) packet.status = Status::length_required;
  if (packet.status == Status::ok && tls_ != nullptr && !tls_->may_serve(head.host_name())) {
    packet.status = Status::misdirected_request;
  }
  if (packet.status == Status::ok) {
    const Buffer room = packet_buffer.bytes();
    packet = encode_request(head, facts_, worker_.settings, worker_.host_name, room);
  }
  if (packet.status != Status::ok) {
    packet_buffer.release();
    co_await refuse(packet.status, head.method != "HEAD");
    co_return Exchange::End::gone;
  }
  Exchange exchange(worker_, client_, make_request(std::move(packet_buffer), packet.packet));
  exchange_ = &exchange;
  const Exchange::End end = co_await exchange.run();
  exchange_ = nullptr;
  co_return end;
}

// Takes the input apart: head, body, and the beginning of the next request, which is parked.
Request HttpSession::make_request(BufferPool::Lease packet_buffer, Bytes packet) {
  const protocol::RequestHead& head = worker_.head;
  const Bytes behind(input_.bytes().data() + finder_.end(), input_size_ - finder_.end());
  Request request;
  request.body_start = behind.substr(
      0, static_cast<std::size_t>(std::min<std::uint64_t>(head.content_length, behind.size())));
  request.body_to_come = head.content_length - request.body_start.size();
  parked_ = behind.substr(request.body_start.size());
  request.host = head.host.empty() ? std::string_view(worker_.host_name) : head.host;
  request.http_1_1 = head.http_1_1;
  request.to_head = head.method == "HEAD";
  request.may_keep = worker_.settings.keepalive && head.http_1_1 && !head.close;
  request.expects_continue = head.expects_continue;
  request.packet_buffer = std::move(packet_buffer);
  request.packet = packet;
  request.input = std::move(input_);
  return request;
}

net::awaitable<void> HttpSession::refuse(Status status, bool with_body) {
  input_.release();
  co_await client_.answer(status, with_body);
  co_await client_.linger();
}

}  // namespace reprise::router
