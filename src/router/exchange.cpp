#include "router/exchange.hpp"

#include <exception>

namespace reprise::router {
namespace {

constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";

// The backend will keep its connection, and agrees with us about where this answer ends: too many
// send a body where there is none.
bool may_serve_again(const protocol::ResponseHead& head, bool to_head) {
  const bool announces_body = head.transfer_encoding || head.content_length.value_or(0) > 0;
  const bool without_body = head.status == 204 || to_head;
  return !head.close && !head.other_codings && !(without_body && announces_body);
}

}  // namespace

Exchange::Exchange(Worker& worker, Client& client, Request request)
    : worker_(worker),
      client_(client),
      request_(std::move(request)),
      upstream_(worker, client.deadline()),
      body_(worker, client, upstream_),
      answer_(worker, client),
      client_check_(worker.deadlines, [this] { look_after_client(); }) {}

void Exchange::deadline_passed() {
  if (phase_ != Phase::closing) upstream_.cancel();
  if (phase_ != Phase::asking) client_.stream().socket().cancel();
}

// Nobody needs the answer to a client that left, so its upstream is let go. A body that is still
// being read notices by itself.
void Exchange::look_after_client() {
  if (phase_ == Phase::closing) return;
  client_left_ = phase_ == Phase::asking && !body_.running() &&
                 client_.has_left(/*said_its_end=*/body_.ended_in_order());
  if (client_left_) return upstream_.cancel();
  client_check_.set_from_now(client_check_period);
}

net::awaitable<Exchange::End> Exchange::run() {
  End end = End::gone;
  std::exception_ptr failure;
  try {
    end = co_await relay();
  } catch (...) {  // memory; the coroutine that reads the body must end first all the same
    failure = std::current_exception();
    upstream_.close();
    client_.stream().socket().close();
  }
  co_await end_request_body();
  if (failure) std::rethrow_exception(failure);
  co_return end;
}

net::awaitable<Exchange::End> Exchange::relay() {
  const Buffer packet = request_.packet_buffer.bytes().first(request_.packet.size());
  // Behind an upgrade comes nothing until the backend has agreed: it would be another request to
  // one that has not.
  const bool alone = request_.recoded || request_.upgrade;
  const Bytes with_packet = alone ? Bytes() : request_.body_start;
  const auto sent = co_await upstream_.send_request(
      packet, with_packet, {request_.host, request_.client, request_.upgrade});
  const Bytes unsent = request_.body_start.substr(sent.body_bytes);
  if (upstream_.is_reused()) keep_for_asking_again(unsent);
  request_.packet_buffer.release();
  if (sent.status != Status::ok) {
    const End end = co_await refuse(sent.status);
    co_return end;
  }
  worker_.counters.bytes_in.add(with_packet.size());
  client_.made_progress();
  const bool more = !request_.body.done();
  if (request_.expects_continue && request_.body_start.empty() && more) {
    const bool told = co_await tell_client(go_on);
    if (!told) co_return client_failed();
  }
  start_request_body(unsent);
  const bool without_body = request_.body_start.empty() && !more && !request_.kept;
  client_check_.set_from_now(client_check_period);
  const End end = co_await exchange_with_upstream();
  end_upstream(/*nothing_unread=*/without_body, end);
  co_return end;
}

// Behind an upgrade comes no body; what a tunnel carries waits for the tunnel.
void Exchange::start_request_body(Bytes unsent) {
  if (request_.upgrade) {
    held_back_ = unsent;
    if (unsent.empty()) request_.input.release();
    return;
  }
  if (request_.kept) {
    body_.start(*request_.kept);
  } else if (request_.recoded) {
    body_.start_recoded(std::move(request_.input), unsent, request_.body, request_.max_body);
  } else if (!unsent.empty() || !request_.body.done()) {
    body_.start(std::move(request_.input), unsent, request_.body, request_.max_body);
  }
  request_.input.release();
}

void Exchange::open_tunnel() {
  tunnel_ = true;
  body_.start_tunnel(std::move(request_.input), held_back_, request_.body);
}

net::awaitable<Exchange::End> Exchange::exchange_with_upstream() {
  Status status = status_of(co_await first_head());
  if (status == Status::ok) status = co_await relay_interim_heads();
  if (status != Status::ok && body_.refusal()) status = *body_.refusal();
  const bool client_gone = client_left_ || body_.client_gone();
  if (status != Status::ok && client_gone) co_return client_failed();
  if (status != Status::ok) {
    const End end = co_await refuse(status);
    co_return end;
  }
  const End end = co_await relay_answer();
  co_return end;
}

// No part of an answer was passed on, so we can give one.
net::awaitable<Exchange::End> Exchange::refuse(Status status) {
  phase_ = Phase::closing;
  answer_.release();
  upstream_.close();
  body_.discard();
  co_await client_.answer(status, !request_.to_head);
  const bool unread = !body_.running() && !request_.body.done();
  if (unread) co_await client_.linger();
  co_return End::gone;
}

// The coroutine that reads the body must end before this object does. It goes on reading for a
// short while, so that a client which is still sending can see its answer.
net::awaitable<void> Exchange::end_request_body() {
  const bool never_read = request_.upgrade && !tunnel_ && phase_ == Phase::relaying;
  if (!body_.running() && !never_read) co_return;
  phase_ = Phase::closing;
  body_.discard();
  client_.stream().shut_down();
  if (never_read) {
    co_await client_.linger();
    co_return;
  }
  client_.deadline().set_from_now(worker_.timeouts.linger);
  co_await body_.finished();
}

// Why there is no answer: the deadline passed (whoever we waited for is to blame), or the upstream
// failed.
protocol::Status Exchange::status_of(AnswerReader::Outcome outcome) const {
  if (outcome == AnswerReader::Outcome::whole) return Status::ok;
  if (outcome == AnswerReader::Outcome::bad) return Status::bad_gateway;
  if (!client_.deadline().has_passed()) return Status::bad_gateway;
  return body_.waits_for_client() ? Status::request_timeout : Status::gateway_timeout;
}

// Passes on what comes before the final answer (1xx), except the 100 that we say ourselves. Another
// protocol is final; only one that was asked for.
net::awaitable<protocol::Status> Exchange::relay_interim_heads() {
  while (answer_.head().status < 200) {
    if (answer_.head().status == 101) {
      if (!request_.upgrade) co_return Status::bad_gateway;
      open_tunnel();
      co_return Status::ok;
    }
    if (answer_.head().status != 100 && request_.http_1_1) {
      const protocol::HeadEdit edit = head_edit();
      const Bytes head = edit.own_connection ? answer_.edited_head(edit) : answer_.head_text();
      const bool told = co_await tell_client(head);
      if (!told) co_return Status::bad_gateway;
    }
    answer_.drop_head();
    const Status next = status_of(co_await answer_.read_head(upstream_));
    if (next != Status::ok) co_return next;
  }
  co_return Status::ok;
}

net::awaitable<bool> Exchange::tell_client(Bytes bytes) {
  phase_ = Phase::relaying;
  const error_code error = co_await client_.write(bytes);
  phase_ = Phase::asking;
  co_return !error;
}

// An answer that lasts until its connection ends gets chunks in place of that end, if somebody
// asked for it: so the client's connection stays, or the length of what is compressed need not be
// known.
void Exchange::choose_framing(const protocol::BodyFollower& body) {
  const protocol::ResponseHead& head = answer_.head();
  const bool without_end = body.ends_with_connection() && !tunnel_ && !head.transfer_encoding;
  if (!without_end || !request_.http_1_1 || !head.http_1_1) return;
  const bool gzip = worker_.settings.auto_gzip && head.wants_gzip && !head.content_encoding &&
                    request_.accepts_gzip;
  const bool chunks = worker_.settings.auto_chunked && request_.may_keep && !head.close;
  if (gzip || chunks) encoder_.emplace(gzip);
}

net::awaitable<Exchange::End> Exchange::relay_answer() {
  phase_ = Phase::relaying;
  const protocol::ResponseHead& head = answer_.head();
  protocol::BodyFollower body(tunnel_
                                  ? protocol::BodyLength{protocol::BodyLength::Kind::until_close, 0}
                                  : protocol::body_length(head, request_.to_head));
  if (upstream_.frames() && body.ends_with_connection() && !tunnel_) answer_.expect_frames();
  const Bytes behind = answer_.behind();
  const std::size_t belongs = body.take(behind);
  choose_framing(body);
  const bool own_connection = worker_.settings.backend_http.wanted;
  const bool as_announced = belongs == behind.size() && head.http_1_1;
  keep_ = request_.may_keep && !worker_.draining && (own_connection || !head.close) &&
          as_announced && body_.complete() && (encoder_ || !body.ends_with_connection());
  in_order_ = worker_.settings.backend_http.kept > 0 && request_.http_1_1 && !request_.upgrade &&
              !request_.odd_body && as_announced && may_serve_again(head, request_.to_head) &&
              !body.ends_with_connection() && body_.complete();
  if (head.keep_alive) backend_keeps_ = std::chrono::seconds(*head.keep_alive);
  const bool written = co_await write_head(behind.substr(0, belongs));
  if (!written) co_return client_failed();
  const End end = co_await relay_body(body);
  co_return end;
}

// What an HTTP backend says of its connection is not for the client.
protocol::HeadEdit Exchange::head_edit() const {
  const bool own = worker_.settings.backend_http.wanted && answer_.head().connection && !tunnel_;
  return {.own_connection = own};
}

// And what came of the body with it.
net::awaitable<bool> Exchange::write_head(Bytes body_start) {
  const protocol::ResponseHead& answered = answer_.head();
  client_.note_answer(answered.status, answered.fields, answer_.head_text().size());
  protocol::HeadEdit edit = head_edit();
  edit.close = !keep_ && !tunnel_ && (edit.own_connection || !answered.close);
  if (!encoder_) {
    const bool as_it_is = !edit.close && !edit.own_connection;
    const Bytes head = as_it_is ? answer_.head_text() : answer_.edited_head(edit);
    const Bytes first(head.data(), head.size() + body_start.size());
    const error_code error = co_await client_.write(first);
    if (!error) worker_.counters.bytes_out.add(first.size());
    if (!error) client_.note_body(body_start.size());
    co_return !error;
  }
  edit.chunked = true;
  edit.gzip = encoder_->compresses();
  const std::string head = protocol::edited_head(answer_.head_text(), edit);
  const error_code error = co_await client_.write(head);
  if (error) co_return false;
  worker_.counters.bytes_out.add(head.size());
  const bool written = co_await write_body(body_start);
  co_return written;
}

net::awaitable<bool> Exchange::write_body(Bytes piece) {
  if (piece.empty()) co_return true;
  std::string encoded;
  if (encoder_) {
    encoded = encoder_->encode(piece);
    piece = encoded;
  }
  const error_code error = co_await client_.write(piece);
  if (error) co_return false;
  worker_.counters.bytes_out.add(piece.size());
  client_.note_body(piece.size());
  co_return true;
}

net::awaitable<Exchange::End> Exchange::end_of_framed() {
  const std::string last = encoder_->finish();
  const error_code error = co_await client_.write(last);
  if (error) co_return client_failed();
  worker_.counters.bytes_out.add(last.size());
  co_return keep_ ? End::keep : End::close;
}

net::awaitable<Exchange::End> Exchange::relay_body(protocol::BodyFollower& body) {
  bool ended = answer_.frames_done();
  while (!body.done() && !ended) {
    const bool malformed = body.malformed() || answer_.frames_malformed();
    if (malformed) co_return truncated(encoder_ || !body.ends_with_connection());
    // The end of a connection mostly comes with what is in front of it; not that of a tunnel.
    const bool wait_first = !answer_.is_full() && (tunnel_ || !body.ends_with_connection());
    answer_.drop_all();
    const auto bytes = co_await answer_.receive(upstream_, wait_first);
    const bool closed = bytes.has_value() && *bytes == 0;
    ended = closed && body.ends_with_connection() && !answer_.has_frames();
    if (ended) break;
    if (bytes.has_error() || closed) co_return truncated(encoder_ || !body.ends_with_connection());
    const Bytes piece = answer_.piece();
    ended = answer_.frames_done();
    const std::size_t belongs = body.take(piece);
    keep_ = keep_ && belongs == piece.size();
    in_order_ = in_order_ && belongs == piece.size();
    const bool written = co_await write_body(piece.substr(0, belongs));
    if (!written) co_return client_failed();
    if (answer_.turn_is_over()) co_await net::Reactor::of(worker_.io).next_turn();
  }
  if (encoder_) {
    const End end = co_await end_of_framed();
    co_return end;
  }
  co_return keep_ ? End::keep : End::close;
}

Exchange::End Exchange::truncated(bool length_was_known) {
  if (body_.client_gone() || tunnel_) return client_failed();
  client_.cut(length_was_known);
  return End::gone;
}

Exchange::End Exchange::client_failed() {
  const bool timed_out = client_.deadline().has_passed();
  (timed_out ? worker_.counters.client_timed_out : worker_.counters.client_closed).add();
  client_.stream().socket().close();
  return End::gone;
}

}  // namespace reprise::router
