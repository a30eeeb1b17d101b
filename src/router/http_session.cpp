#include "router/http_session.hpp"

#include <algorithm>

#include "net/plain_stream.hpp"
#include "protocol/uwsgi_packet.hpp"
#include "router/admission.hpp"
#include "router/answer.hpp"
#include "router/chunked_body.hpp"
#include "router/http_request.hpp"

namespace reprise::router {

using net::Want;

namespace {

// For a request that is on its way when everything ends.
constexpr std::chrono::seconds moment{1};

}  // namespace

HttpSession::HttpSession(Worker& worker, net::Socket socket, const net::Endpoint& remote,
                         const tls::Context* tls, std::string_view server_port,
                         const std::optional<std::string>* redirect_port)
    : worker_(worker),
      socket_(std::move(socket)),
      stream_(make_stream(tls)),
      deadline_(worker.deadlines, [this] { deadline_passed(); }),
      client_(worker, *stream_, deadline_),
      heads_(worker, client_),
      remote_(remote) {
  const bool tcp = remote.family() != AF_UNIX;
  facts_.remote_address = tcp ? remote.host() : "0.0.0.0";
  facts_.remote_port = std::to_string(remote.port());
  facts_.server_port = server_port;
  facts_.redirect_port = redirect_port;
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
  if (exchange_ != nullptr) return exchange_->deadline_passed();
  socket_.cancel();
}

void HttpSession::end_if_idle() {
  // One that has not asked yet was accepted by us and would take a close for a failure.
  if (heads_.idle() && reused_) socket_.cancel();
}

// Until it has asked, from the beginning of the handshake on.
void HttpSession::hurry() {
  if (reused_ || (serving_ && !heads_.idle())) return;
  hurried_ = true;
  deadline_ = std::min(deadline_.at(), net::Deadline::Clock::now() + moment);
}

net::awaitable<void> HttpSession::run() {
  auto share = co_await admit(worker_, socket_, deadline_, remote_, facts_);
  if (!share) co_return;
  if (tls_ != nullptr) {
    const bool secure = co_await handshake();
    if (!secure) co_return;
    facts_.peer = tls_->peer();
  }
  co_await serve_all();
}

net::awaitable<void> HttpSession::serve_all() {
  auto patience = worker_.timeouts.head;
  // An accepted plain connection mostly has its request already.
  bool wait_first = tls_ != nullptr;
  serving_ = true;
  for (;;) {
    const bool idle = heads_.begin();
    deadline_.set_from_now(!idle ? worker_.timeouts.head : hurried_ ? moment : patience);
    if (wait_first && idle && !stream_->pending()) {
      const error_code error = co_await socket_.ready(Want::input);
      if (error) break;
    }
    const auto head = co_await heads_.read();
    if (!head) break;
    if (*head != Status::ok) {
      co_await refuse_head(*head);
      co_return;
    }
    const Exchange::End end = co_await serve();
    if (end == Exchange::End::gone) co_return;
    if (end == Exchange::End::close || worker_.draining) break;
    patience = worker_.timeouts.keepalive;
    wait_first = reused_ = true;
  }
  if (heads_.parked().empty()) {
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

// What is no request that could be read: neither method nor target is known.
net::awaitable<void> HttpSession::refuse_head(Status status) {
  protocol::RequestHead unknown;
  unknown.method = unknown.target = "-";
  unknown.http_1_1 = true;
  note_request(unknown);
  co_await refuse(status, /*with_body=*/true);
  log_request();
}

void HttpSession::note_request(const protocol::RequestHead& head) {
  if (worker_.access_log == nullptr) return;
  record_ = begin_record(head, facts_.remote_address);
  record_->number = worker_.counters.requests.get();
  client_.note_answer(0, 0, 0);
}

void HttpSession::log_request() {
  if (!record_) return;
  record_->answered = client_.answered();
  record_->took = std::chrono::duration_cast<std::chrono::microseconds>(
      std::chrono::steady_clock::now() - record_->began);
  worker_.access_log->write(*record_);
  record_.reset();
}

net::awaitable<Exchange::End> HttpSession::serve() {
  worker_.counters.requests.add();
  ++requests_;
  const Bytes text = heads_.head();
  const Status status = judge_head(text);
  note_request(worker_.head);
  const auto end = co_await respond(text, status);
  log_request();
  co_return end;
}

// `text` is the head, in the reader's buffer.
net::awaitable<Exchange::End> HttpSession::respond(Bytes text, Status status) {
  protocol::RequestHead& head = worker_.head;
  if (status == Status::ok && facts_.redirect_port != nullptr && *facts_.redirect_port) {
    const auto end = co_await redirect();
    co_return end;
  }
  std::string kept_head;
  std::unique_ptr<BodySpool> kept_body;
  if (status == Status::ok && keeps_body()) {
    kept_head = text;
    kept_body = std::make_unique<BodySpool>(worker_.kept_bodies);
    ChunkedBody body(worker_, client_, *kept_body, head.expects_continue);
    heads_.park(heads_.behind());
    heads_.release();
    const auto outcome = co_await body.read(heads_.parked());
    if (!outcome) co_return Exchange::End::gone;
    // Others have used the worker's head meanwhile.
    status = judge_head(kept_head);
    if (*outcome != Status::ok) status = *outcome;
    head.content_length = kept_body->size();
    head.chunked = false;
    head.decoded = true;
  }
  PacketResult packet{status, {}, 0};
  BufferPool::Lease packet_buffer;
  if (status == Status::ok) {
    packet_buffer = worker_.buffers.borrow();
    packet = encode(packet_buffer.bytes());
  }
  if (packet.status != Status::ok) {
    packet_buffer.release();
    const auto end = co_await refuse_request(packet.status);
    co_return end;
  }
  const auto end = co_await forward(packet, std::move(packet_buffer), std::move(kept_body));
  co_return end;
}

// Fills worker_.head.
protocol::Status HttpSession::judge_head(Bytes text) {
  const Settings& settings = worker_.settings;
  protocol::RequestHead& head = worker_.head;
  const Status status = protocol::parse_request_head(text, {settings.max_fields}, head);
  if (status == Status::header_fields_too_large) worker_.counters.limits.head_fields.add();
  if (status != Status::ok) return status;
  if (tls_ != nullptr && !tls_->may_serve(head.host_name())) return Status::misdirected_request;
  const std::uint64_t limit = settings.largest_body(head.expects_continue);
  if (limit == 0 || head.content_length <= limit) return Status::ok;
  worker_.counters.limits.body.add();
  return Status::content_too_large;
}

// uwsgi tells a body's length in front of it, so a chunked one has to be there first.
bool HttpSession::keeps_body() const {
  return worker_.head.chunked && !worker_.settings.chunked_input && !worker_.settings.raw_body;
}

PacketResult HttpSession::encode(Buffer into) {
  const bool http = worker_.settings.backend_http.wanted;
  const auto encode_head = http ? encode_http_request : encode_request;
  const PacketResult packet =
      encode_head(worker_.head, facts_, worker_.settings, worker_.host_name, into);
  worker_.counters.fields_dropped.add(packet.dropped);
  if (!record_ || packet.status != Status::ok) return packet;
  if (http) {
    record_->packet_bytes = packet.packet.size();
    record_->variables = worker_.head.fields.size();
  } else {
    record_->packet_bytes = packet.packet.size() - protocol::PacketWriter::header_size;
    const auto read = protocol::read_packet(packet.packet);
    record_->variables = read ? read->variables.size() : 0;
  }
  return packet;
}

net::awaitable<Exchange::End> HttpSession::refuse_request(Status status) {
  co_await refuse(status, worker_.head.method != "HEAD");
  co_return Exchange::End::gone;
}

// Everything is elsewhere (http-to-https). The connection ends, as in uWSGI.
net::awaitable<Exchange::End> HttpSession::redirect() {
  const protocol::RequestHead& head = worker_.head;
  const std::string text =
      make_redirect(head.host.empty() ? std::string_view(worker_.host_name) : head.host_name(),
                    **facts_.redirect_port, head.origin_form());
  heads_.release();
  client_.note_answer(301, 3, text.size());
  client_.made_progress();
  const error_code error = co_await client_.write(text);
  if (!error) stream_->shut_down();
  co_await client_.linger();
  co_return Exchange::End::gone;
}

net::awaitable<Exchange::End> HttpSession::forward(PacketResult packet,
                                                   BufferPool::Lease packet_buffer,
                                                   std::unique_ptr<BodySpool> kept) {
  Request request = make_request(worker_.head, worker_.settings, worker_.host_name);
  request.client = facts_.remote_address;
  request.packet_buffer = std::move(packet_buffer);
  request.packet = packet.packet;
  limit_requests(request);
  if (kept) {
    request.kept = std::move(kept);
  } else {
    heads_.park(take_body(request, worker_.head, worker_.settings, heads_.behind()));
    request.input = heads_.take_buffer();
  }
  if (const Status status = judge_body(request); status != Status::ok) {
    const auto end = co_await refuse_request(status);
    co_return end;
  }
  Exchange exchange(worker_, client_, std::move(request));
  exchange_ = &exchange;
  const Exchange::End end = co_await exchange.run();
  exchange_ = nullptr;
  co_return end;
}

void HttpSession::limit_requests(Request& request) {
  const int most = worker_.settings.max_requests;
  if (!request.may_keep || most == 0 || requests_ < most) return;
  request.may_keep = false;
  worker_.counters.limits.requests.add();
}

protocol::Status HttpSession::judge_body(const Request& request) {
  if (request.body.malformed()) return Status::bad_request;
  if (request.max_body == 0 || request.body.data() <= request.max_body) return Status::ok;
  worker_.counters.limits.body.add();
  return Status::content_too_large;
}

net::awaitable<void> HttpSession::refuse(Status status, bool with_body) {
  heads_.release();
  co_await client_.answer(status, with_body);
  co_await client_.linger();
}

}  // namespace reprise::router
