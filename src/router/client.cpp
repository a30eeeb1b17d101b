#include "router/client.hpp"

#include <poll.h>
#include <sys/socket.h>

#include "router/answer.hpp"

namespace reprise::router {

using net::Step;
using net::Want;

Step Client::read(Buffer into) {
  Step step = stream_.read(into);
  while (step.want == Want::nothing && !step.error && step.bytes > 0 && step.bytes < into.size() &&
         stream_.pending()) {
    const Step more = stream_.read(into.subspan(step.bytes));
    if (more.want != Want::nothing || more.error || more.bytes == 0) break;  // comes again
    step.bytes += more.bytes;
  }
  return step;
}

net::awaitable<error_code> Client::write(Bytes bytes) {
  while (!bytes.empty()) {
    const Step step = stream_.write(bytes);
    if (step.error) co_return step.error;
    if (step.want == Want::nothing) {
      bytes.remove_prefix(step.bytes);
      made_progress();
      continue;
    }
    const error_code error = co_await stream_.socket().ready(step.want);
    if (error) co_return error;
  }
  co_return error_code();
}

void Client::count(protocol::Status status) {
  Counters& counters = worker_.counters;
  counters.answers.at(protocol::place_of(status)).add();
  switch (status) {
    case protocol::Status::bad_gateway:
    case protocol::Status::service_unavailable:
      counters.upstream_failed.add();
      break;
    case protocol::Status::gateway_timeout:
      counters.upstream_timed_out.add();
      break;
    case protocol::Status::request_timeout:
      counters.client_timed_out.add();
      counters.bad_requests.add();
      break;
    default:
      counters.bad_requests.add();
      break;
  }
}

net::awaitable<void> Client::answer(protocol::Status status, bool with_body) {
  count(status);
  note_answer(static_cast<int>(status), 0, 0);
  made_progress();
  if (worker_.settings.bare_close) {
    stream_.shut_down();
    co_return;
  }
  const std::string text = make_answer(status, with_body);
  const error_code error = co_await write(text);
  if (!error) stream_.shut_down();
}

net::awaitable<void> Client::linger() {
  deadline_.set_from_now(worker_.timeouts.linger);
  for (;;) {
    BufferPool::Lease buffer = worker_.buffers.borrow();
    const Step step = stream_.read(buffer.bytes());
    buffer.release();
    if (step.error || (step.want == Want::nothing && step.bytes == 0)) co_return;
    if (stream_.pending()) continue;
    // Waits even if more is there, so that an endless sender does not keep the others waiting.
    const Want want = step.want == Want::nothing ? Want::input : step.want;
    const error_code error = co_await stream_.socket().ready(want);
    if (error) co_return;
  }
}

bool Client::has_left(bool said_its_end) const {
  const short watched_for = said_its_end ? 0 : POLLRDHUP;  // and POLLHUP and POLLERR
  pollfd watched{stream_.socket().fd(), watched_for, 0};
  return ::poll(&watched, 1, 0) == 1;
}

void Client::cut(bool length_was_known) {
  worker_.counters.truncated.add();
  if (!length_was_known) {
    // Without a length, an orderly FIN would say that this was all.
    const struct ::linger reset { 1, 0 };
    ::setsockopt(stream_.socket().fd(), SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  }
  stream_.socket().close();
}

}  // namespace reprise::router
