#include "tls/stream.hpp"

#include <sys/socket.h>

#include "tls/connection.hpp"
#include "tls/context_impl.hpp"

namespace reprise::tls {

Stream::Stream(net::Socket& socket, const Context& context, Counters& counters)
    : socket_(socket),
      connection_(std::make_unique<Connection>(socket, context.impl(), counters)) {}

Stream::~Stream() = default;

net::awaitable<error_code> Stream::handshake() {
  for (;;) {
    const net::Step step = connection_->handshake();
    if (step.error) co_return step.error;
    if (connection_->awaits_session()) {
      Resumption& sessions = connection_->sessions();
      sessions.settle(co_await sessions.sought()->settled());
      continue;
    }
    if (step.want == net::Want::nothing) co_return error_code();
    const error_code error = co_await socket_.ready(step.want);
    if (error) {
      connection_->handshake_timed_out();
      co_return error;
    }
  }
}

bool Stream::resumed() const {
  return connection_->resumed();
}
bool Stream::spoke_plain_http() const {
  return connection_->spoke_plain_http();
}
const Peer* Stream::peer() const {
  return connection_->peer();
}
std::string_view Stream::server_name() const {
  return connection_->server_name();
}

bool Stream::may_serve(std::string_view host) const {
  return connection_->may_serve(host);
}

net::Step Stream::read(Buffer into) {
  return connection_->read(into);
}
net::Step Stream::write(Bytes from) {
  return connection_->write(from);
}

net::Step Stream::shut_down() {
  net::Step step;
  connection_->close_notify();
  if (::shutdown(socket_.fd(), SHUT_WR) != 0) step.error = last_system_error();
  return step;
}

void Stream::before_close() {
  connection_->close_notify_with_fin();
}

bool Stream::pending() const {
  return connection_->pending();
}
net::Socket& Stream::socket() {
  return socket_;
}

}  // namespace reprise::tls
