#include "tlsload/connection.hpp"

#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <new>
#include <system_error>
#include <utility>

#include <fmt/format.h>
#include <openssl/err.h>

#include "common/sockets.hpp"

namespace reprise::bench {
namespace {

std::array<char, 65536> scratch;  // one thread, and nothing stays in here

// RFC 8446, 4.1.3: the random of a ServerHello that is a HelloRetryRequest.
constexpr std::string_view retry_random =
    "\xCF\x21\xAD\x74\xE5\x9A\x61\x11\xBE\x1D\x8C\x02\x1E\x65\xB8\x91"
    "\xC2\xA2\x11\x16\x7A\xBB\x8C\x5E\x07\x9E\x09\xE2\xC8\xA8\x33\x9C";
constexpr std::size_t random_offset = 6;  // type, length (3), version (2)

bool is_retry(std::string_view message) {
  return message.size() >= random_offset + retry_random.size() &&
         message[0] == SSL3_MT_SERVER_HELLO &&
         message.substr(random_offset, retry_random.size()) == retry_random;
}

}  // namespace

Connection::Connection(Poller& poller, const sockaddr_in& target, SSL_CTX* context,
                       SessionPtr offered)
    : poller_(poller), ssl_(SSL_new(context)), started_at_(Clock::now()) {
  fd_ = connect_to(target);
  if (!ssl_ || SSL_set_fd(ssl_.get(), fd_.get()) != 1) throw std::bad_alloc();
  SSL_set_connect_state(ssl_.get());
  SSL_set_app_data(ssl_.get(), this);
  if (offered) {
    // A copy, since OpenSSL writes into the session it uses; ours may be offered again.
    const SessionPtr copy(SSL_SESSION_dup(offered.get()));
    if (!copy || SSL_set_session(ssl_.get(), copy.get()) != 1) throw std::bad_alloc();
    session_ = std::move(offered);
  }
  poller_.add(fd_.get(), events_, this);
}

int Connection::take_new_session(SSL* ssl, SSL_SESSION* session) noexcept {
  auto* const self = static_cast<Connection*>(SSL_get_app_data(ssl));
  self->session_.reset(session);
  self->has_ticket_ = true;
  return 1;  // the reference is ours now
}

void Connection::see_message(int is_sent, int, int type, const void* data, std::size_t size,
                             SSL* ssl, void*) noexcept {
  if (is_sent == 0 && type == SSL3_RT_HANDSHAKE && is_retry({static_cast<const char*>(data), size}))
    static_cast<Connection*>(SSL_get_app_data(ssl))->retried_ = true;
}

void Connection::on_event() {
  ERR_clear_error();
  switch (state_) {
    case State::connecting:
      if (const int error = connect_error(fd_.get()); error != 0)
        return fail("connect: " + std::system_category().message(error));
      state_ = State::handshake;
      return shake_hands();
    case State::handshake:
      return shake_hands();
    case State::ticket:
      return wait_for_ticket();
    case State::ready:
      return expect_silence();
    case State::sending:
      return send();
    case State::receiving:
      return receive();
    case State::closing:
      return wait_for_close();
    case State::ended:
    case State::failed:
      return;
  }
}

void Connection::shake_hands() {
  const int result = SSL_do_handshake(ssl_.get());
  if (result == 1) {
    state_ = State::ticket;
    wait_for(EPOLLIN);
    return wait_for_ticket();
  }
  const int reason = SSL_get_error(ssl_.get(), result);
  if (reason == SSL_ERROR_WANT_READ) return wait_for(EPOLLIN);
  if (reason == SSL_ERROR_WANT_WRITE) return wait_for(EPOLLOUT);
  fail_of_openssl("handshake", result);
}

void Connection::wait_for_ticket() {
  if (SSL_version(ssl_.get()) == TLS1_3_VERSION && !has_ticket_ && read() > 0)
    return fail("bytes that nothing asked for");
  if (state_ == State::failed) return;
  if (SSL_version(ssl_.get()) != TLS1_3_VERSION || has_ticket_) state_ = State::ready;
}

void Connection::expect_silence() {
  if (read() > 0) fail("bytes that nothing asked for");
}

std::size_t Connection::read() {
  const int size = SSL_read(ssl_.get(), scratch.data(), static_cast<int>(scratch.size()));
  if (size > 0) return static_cast<std::size_t>(size);
  if (SSL_get_error(ssl_.get(), size) != SSL_ERROR_WANT_READ) fail_of_openssl("read", size);
  return 0;
}

void Connection::receive() {
  while (state_ == State::receiving) {
    const std::size_t size = read();
    if (size == 0) return;
    take_answer({scratch.data(), size});
  }
}

void Connection::end(End how) {
  if (how == End::reset) {
    reset_on_close(fd_.get());
    fd_.reset();
    state_ = State::ended;
    return;
  }
  if (how == End::close_notify) SSL_shutdown(ssl_.get());
  ::shutdown(fd_.get(), SHUT_WR);
  state_ = State::closing;
  wait_for(EPOLLIN);
}

// What the server still had to say is of no interest.
void Connection::wait_for_close() {
  for (;;) {
    const ssize_t size = ::recv(fd_.get(), scratch.data(), scratch.size(), 0);
    if (size > 0) continue;
    if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
    fd_.reset();
    state_ = State::ended;
    return;
  }
}

void Connection::wait_for(std::uint32_t events) {
  if (events == events_) return;
  events_ = events;
  poller_.modify(fd_.get(), events, this);
}

void Connection::fail(const std::string& reason) {
  error_ = reason;
  state_ = State::failed;
  fd_.reset();
}

void Connection::fail_of_openssl(const std::string& what, int result) {
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_ZERO_RETURN:
      return fail(what + ": the server closed the connection");
    case SSL_ERROR_SYSCALL:
      return fail(what + ": " + std::system_category().message(errno));
    default:
      break;
  }
  const char* const text = ERR_reason_error_string(ERR_get_error());
  fail(fmt::format("{}: {}", what, text == nullptr ? "unknown error" : text));
}

}  // namespace reprise::bench
