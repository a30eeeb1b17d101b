#include "net/socket.hpp"

#include <sys/socket.h>

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/generic/basic_endpoint.hpp>

namespace reprise::net {
namespace {

// Any family's stream sockets, non-blocking from birth. (A descriptor that Asio opened itself is
// closed without an epoll_ctl of its own; one that it was given is not.)
class NonBlockingStream {
public:
  using endpoint = asio::generic::basic_endpoint<NonBlockingStream>;
  using socket = asio::basic_stream_socket<NonBlockingStream>;

  explicit NonBlockingStream(int family, int /*protocol*/ = 0) : family_(family) {}
  int family() const { return family_; }
  int type() const { return SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC; }
  int protocol() const { return 0; }

private:
  int family_;
};

}  // namespace

struct Socket::Impl {
  explicit Impl(asio::io_context& io) : socket(io) {}

  NonBlockingStream::socket socket;
  bool cancelled = false;
  std::uint64_t input_wakeups = 0;
};

Socket::Socket(asio::io_context& io, UniqueFd fd) : impl_(std::make_unique<Impl>(io)) {
  impl_->socket.assign(NonBlockingStream(AF_UNSPEC), fd.get());
  static_cast<void>(fd.release());
}

Socket::Socket(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Socket::Socket(Socket&&) noexcept = default;
Socket::~Socket() = default;

Result<Socket> Socket::open(asio::io_context& io, int family) {
  auto impl = std::make_unique<Impl>(io);
  error_code error;
  impl->socket.open(NonBlockingStream(family), error);
  if (error) return error;
  return Socket(std::move(impl));
}

int Socket::fd() const {
  return impl_->socket.native_handle();
}

awaitable<error_code> Socket::ready(Want want) {
  if (impl_->cancelled) co_return asio::error::operation_aborted;
  const auto kind =
      want == Want::output ? asio::socket_base::wait_write : asio::socket_base::wait_read;
  const auto [error] = co_await impl_->socket.async_wait(kind, token);
  if (!error && want != Want::output) ++impl_->input_wakeups;
  co_return error;
}

std::uint64_t Socket::input_wakeups() const {
  return impl_->input_wakeups;
}

void Socket::cancel() {
  error_code ignored;
  impl_->cancelled = true;
  impl_->socket.cancel(ignored);
}

void Socket::close() {
  error_code ignored;
  impl_->cancelled = true;
  impl_->socket.close(ignored);
}

}  // namespace reprise::net
