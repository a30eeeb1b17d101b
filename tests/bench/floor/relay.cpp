#include "floor/relay.hpp"

#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <new>
#include <utility>

#include <openssl/err.h>

#include "common/sockets.hpp"

namespace reprise::bench {
namespace {

std::array<char, 65536> scratch;  // one thread a worker, and nothing stays in here

bool would_block() {
  return errno == EAGAIN || errno == EINTR;
}

}  // namespace

Relay::Relay(Poller& poller, UniqueFd client, SSL_CTX* context, const sockaddr_in& backend)
    : poller_(poller),
      backend_address_(backend),
      client_(std::move(client)),
      ssl_(SSL_new(context)) {
  if (!ssl_ || SSL_set_fd(ssl_.get(), client_.get()) != 1) throw std::bad_alloc();
  SSL_set_accept_state(ssl_.get());
  poller_.add(client_.get(), EPOLLIN, &client_side_);
}

bool Relay::on_event(bool is_client, std::uint32_t events) {
  ERR_clear_error();
  bool alive = true;
  if (is_client) {
    if (!to_client_.empty() && (events & EPOLLOUT) != 0) alive = flush_client();
    if (alive && to_backend_.empty()) alive = read_client();
  } else {
    if (!to_backend_.empty() && (events & (EPOLLOUT | EPOLLERR)) != 0) alive = flush_backend();
    if (alive && to_client_.empty() && (events & (EPOLLIN | EPOLLHUP)) != 0) alive = read_backend();
  }
  if (alive) wait_for_what_is_due();
  return alive;
}

bool Relay::handshake() {
  const int result = SSL_do_handshake(ssl_.get());
  established_ = result == 1;
  if (established_) return true;
  const int reason = SSL_get_error(ssl_.get(), result);
  handshake_wants_output_ = reason == SSL_ERROR_WANT_WRITE;
  return reason == SSL_ERROR_WANT_READ || handshake_wants_output_;
}

// Reads as long as OpenSSL has bytes in hand: the descriptor does not become readable for them.
bool Relay::read_client() {
  if (!established_) {
    if (!handshake()) return false;
    if (!established_ || SSL_has_pending(ssl_.get()) == 0) return true;
  }
  do {
    const int size = SSL_read(ssl_.get(), scratch.data(), static_cast<int>(scratch.size()));
    if (size <= 0) {
      const int reason = SSL_get_error(ssl_.get(), size);
      if (reason == SSL_ERROR_WANT_READ) return true;
      if (reason == SSL_ERROR_ZERO_RETURN) SSL_shutdown(ssl_.get());
      return false;
    }
    if (!send_to_backend({scratch.data(), static_cast<std::size_t>(size)})) return false;
  } while (to_backend_.empty() && SSL_has_pending(ssl_.get()) != 0);
  return true;
}

bool Relay::read_backend() {
  const ssize_t size = ::recv(backend_.get(), scratch.data(), scratch.size(), 0);
  if (size < 0) return would_block();
  if (size == 0) {
    SSL_shutdown(ssl_.get());
    return false;
  }
  return send_to_client({scratch.data(), static_cast<std::size_t>(size)});
}

bool Relay::send_to_backend(std::string_view bytes) {
  if (!backend_) {
    backend_ = connect_to(backend_address_);
    backend_events_ = EPOLLIN;
    poller_.add(backend_.get(), EPOLLIN, &backend_side_);
  }
  const ssize_t sent = ::send(backend_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
  if (sent < 0 && !would_block()) return false;
  if (sent > 0) bytes.remove_prefix(static_cast<std::size_t>(sent));
  to_backend_.assign(bytes);
  return true;
}

bool Relay::send_to_client(std::string_view bytes) {
  while (!bytes.empty()) {
    const int sent = SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size()));
    if (sent <= 0) {
      if (SSL_get_error(ssl_.get(), sent) != SSL_ERROR_WANT_WRITE) return false;
      break;
    }
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  to_client_.assign(bytes);
  return true;
}

bool Relay::flush_backend() {
  const std::string rest = std::move(to_backend_);
  if (!send_to_backend(rest)) return false;
  // Reading had stopped; what OpenSSL holds would wake nobody.
  if (to_backend_.empty() && SSL_has_pending(ssl_.get()) != 0) return read_client();
  return true;
}

bool Relay::flush_client() {
  const std::string rest = std::move(to_client_);
  return send_to_client(rest);
}

void Relay::wait_for_what_is_due() {
  std::uint32_t client = 0;
  if (to_backend_.empty()) client |= EPOLLIN;
  if (!to_client_.empty() || (!established_ && handshake_wants_output_)) client |= EPOLLOUT;
  if (client != client_events_) poller_.modify(client_.get(), client, &client_side_);
  client_events_ = client;
  if (!backend_) return;
  std::uint32_t backend = 0;
  if (to_client_.empty()) backend |= EPOLLIN;
  if (!to_backend_.empty()) backend |= EPOLLOUT;
  if (backend != backend_events_) poller_.modify(backend_.get(), backend, &backend_side_);
  backend_events_ = backend;
}

}  // namespace reprise::bench
