// Connections to backends that are kept: whether this one may serve again, and a request that one
// did not answer, since its backend may have closed it just before.
#include "router/exchange.hpp"

namespace reprise::router {
namespace {

// A longer request is not kept in memory to be sent a second time.
constexpr std::size_t most_kept = 16384;

}  // namespace

void Exchange::end_upstream(bool nothing_unread, End end) {
  const bool in_order = in_order_ && end != End::gone && body_.complete();
  if (in_order && !worker_.draining) return upstream_.keep(backend_keeps_);
  upstream_.close(nothing_unread);
}

// `unsent`: what a coroutine of its own will send of the body's beginning.
void Exchange::keep_for_asking_again(Bytes unsent) {
  const bool whole = request_.kept || (request_.body.done() && unsent.empty());
  const std::size_t size = request_.packet.size() + request_.body_start.size();
  if (!whole || !request_.idempotent || size > most_kept) return;
  again_.emplace();
  again_->host = request_.host;
  again_->text.reserve(size);
  again_->text.append(request_.packet).append(request_.body_start);
}

// The backend ended the connection, and nobody else did.
bool Exchange::may_ask_again() const {
  return again_ && answer_.is_empty() && !client_left_ && !client_.deadline().has_passed();
}

net::awaitable<AnswerReader::Outcome> Exchange::first_head() {
  AnswerReader::Outcome outcome = co_await answer_.read_head(upstream_);
  if (outcome == AnswerReader::Outcome::none && may_ask_again()) {
    const bool sent = co_await ask_again();
    if (sent) outcome = co_await answer_.read_head(upstream_);
  }
  again_.reset();
  co_return outcome;
}

net::awaitable<bool> Exchange::ask_again() {
  if (body_.running()) {
    body_.discard();
    upstream_.cancel();
    co_await body_.finished();
  }
  const Buffer text(again_->text.data(), again_->text.size());
  // A client that leaves meanwhile must not make a backend look dead.
  client_check_ = net::Deadline::never;
  const auto sent = co_await upstream_.send_again(text, {again_->host, request_.client});
  client_check_.set_from_now(client_check_period);
  if (sent.status != Status::ok) co_return false;
  client_.made_progress();
  if (request_.kept) body_.start(*request_.kept);
  co_return true;
}

}  // namespace reprise::router
