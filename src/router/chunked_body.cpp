#include "router/chunked_body.hpp"

#include <algorithm>

namespace reprise::router {
namespace {

using net::Step;
using net::Want;

constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";

std::uint64_t limit_of(const Settings& settings, bool expected) {
  const std::uint64_t limit = settings.largest_body(expected);
  return limit == 0 ? settings.max_chunked_body : std::min(limit, settings.max_chunked_body);
}

}  // namespace

ChunkedBody::ChunkedBody(Worker& worker, Client& client, BodySpool& into, bool expected)
    : worker_(worker),
      client_(client),
      into_(into),
      expected_(expected),
      limit_(limit_of(worker.settings, expected)),
      whole_(worker.deadlines, [this] {
        too_long_in_time_ = true;
        client_.stream().socket().cancel();
      }) {}

net::awaitable<std::optional<protocol::Status>> ChunkedBody::read(std::string& parked) {
  client_.made_progress();
  whole_.set_from_now(worker_.timeouts.kept_body);
  std::string first;
  first.swap(parked);
  if (expected_ && first.empty()) {
    const error_code error = co_await client_.write(go_on);
    if (error) co_return std::nullopt;
  }
  auto verdict = take({first.data(), first.size()}, parked);
  while (!verdict) {
    verdict = co_await read_more(parked);
    if (!verdict) {
      worker_.counters.client_closed.add();
      co_return std::nullopt;
    }
    if (*verdict == Status::ok && !follower_.done()) verdict.reset();
  }
  co_return verdict;
}

// Nothing if more has to come.
std::optional<protocol::Status> ChunkedBody::take(Buffer bytes, std::string& parked) {
  const auto decoded = follower_.decode(bytes);
  worker_.counters.bytes_in.add(decoded.taken);
  if (follower_.malformed()) return Status::bad_request;
  if (into_.size() + decoded.data > limit_) {
    worker_.counters.limits.body.add();
    return Status::content_too_large;
  }
  if (const error_code error = into_.append({bytes.data(), decoded.data})) {
    if (error == errc::too_large) worker_.counters.limits.kept_bodies.add();
    return Status::service_unavailable;
  }
  if (!follower_.done()) return std::nullopt;
  parked.assign(bytes.data() + decoded.taken, bytes.size() - decoded.taken);
  return Status::ok;
}

// Ok also if the body goes on; nothing if the client has gone.
net::awaitable<std::optional<protocol::Status>> ChunkedBody::read_more(std::string& parked) {
  net::Stream& stream = client_.stream();
  BufferPool::Lease buffer = worker_.buffers.borrow();
  const Step step = client_.read(buffer.bytes());
  if (step.error || (step.want == Want::nothing && step.bytes == 0)) co_return std::nullopt;
  if (step.want == Want::nothing) {
    client_.made_progress();
    const auto verdict = take(buffer.bytes().first(step.bytes), parked);
    if (verdict || stream.pending()) co_return verdict.value_or(Status::ok);
  }
  buffer.release();
  const Want want = step.want == Want::nothing ? Want::input : step.want;
  const error_code error = co_await stream.socket().ready(want);
  if (error) co_return waited_in_vain();
  co_return Status::ok;
}

std::optional<protocol::Status> ChunkedBody::waited_in_vain() {
  if (!too_long_in_time_ && !client_.deadline().has_passed()) return std::nullopt;
  if (too_long_in_time_) worker_.counters.limits.body_time.add();
  return Status::request_timeout;
}

}  // namespace reprise::router
