#include "net/socket.hpp"

#include <sys/socket.h>

namespace reprise::net {

Socket::Socket(asio::io_context& io, UniqueFd fd)
    : fd_(std::move(fd)),
      readiness_(std::make_unique<Readiness>(io, fd_.get(), Readiness::Kind::connection)) {}

Result<Socket> Socket::open(asio::io_context& io, int family) {
  UniqueFd fd(::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return last_system_error();
  return Socket(io, std::move(fd));
}

awaitable<error_code> Socket::ready(Want want) {
  if (cancelled_) co_return asio::error::operation_aborted;
  if (want == Want::output) co_return co_await readiness_->output();
  co_return co_await readiness_->input();
}

void Socket::cancel() {
  cancelled_ = true;
  if (readiness_) readiness_->cancel();
}

void Socket::close() {
  cancel();
  if (readiness_) readiness_->remove();
  fd_.reset();
}

}  // namespace reprise::net
