#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/unique_fd.hpp"
#include "common/openssl.hpp"
#include "common/poller.hpp"
#include "tlsload/options.hpp"

namespace reprise::bench {

// What is asked of the backend.
struct Request {
  enum class Kind {
    download,
    upload,
    upgrade,  // from HTTP to a websocket
    message,  // over such a one; comes back as it went
  };
  Kind kind;
  std::uint64_t bytes;
  bool verify;         // compares what comes down byte for byte; what goes up the backend compares
  bool close = false;  // the connection is for this request alone

  bool has_body() const { return kind == Kind::upload || kind == Kind::message; }
};

// One connection to the server under test, driven by its socket's events. It is `ready` after the
// handshake (TLS 1.3: and the first ticket) and after each exchange.
class Connection {
public:
  enum class State {
    connecting,
    handshake,
    ticket,
    ready,
    sending,
    receiving,
    closing,
    ended,
    failed
  };
  using Clock = std::chrono::steady_clock;

  // Begins to connect; `offered` may be nothing. The poller outlives the connection.
  Connection(Poller& poller, const sockaddr_in& target, SSL_CTX* context, SessionPtr offered);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() = default;

  void on_event();
  // Both are for a connection that is ready.
  void start(const Request& request);
  void end(End how);  // and waits for the server's close, except after a reset

  State state() const { return state_; }
  const std::string& error() const { return error_; }
  Clock::time_point started_at() const { return started_at_; }  // the handshake or the exchange
  bool resumed() const { return SSL_session_reused(ssl_.get()) == 1; }
  bool retried() const { return retried_; }  // the server answered with a HelloRetryRequest
  // The newest session that the server gave, or else the one that was offered.
  SessionPtr take_session() { return std::move(session_); }

  // OpenSSL's callbacks, for make_client_context.
  static int take_new_session(SSL* ssl, SSL_SESSION* session) noexcept;
  static void see_message(int is_sent, int version, int type, const void* data, std::size_t size,
                          SSL* ssl, void*) noexcept;

private:
  void shake_hands();
  void wait_for_ticket();
  void send();
  void receive();
  void take_answer(std::string_view bytes);
  void take_upgrade();
  void take_message_head();
  void take_body(std::string_view bytes);
  void wait_for_close();
  void expect_silence();
  // Bytes of the answer; 0: none yet, or the connection has failed.
  std::size_t read();
  void wait_for(std::uint32_t events);
  void fail(const std::string& reason);
  void fail_of_openssl(const std::string& what, int result);

  Poller& poller_;
  UniqueFd fd_;
  SslPtr ssl_;  // ends before its descriptor
  SessionPtr session_;
  bool has_ticket_ = false;
  bool retried_ = false;
  State state_ = State::connecting;
  std::uint32_t events_ = EPOLLOUT;
  Clock::time_point started_at_;
  std::string error_;

  Request request_{};
  std::string request_head_;
  std::uint64_t sent_ = 0;  // of head and body together
  std::string answer_head_;
  bool in_body_ = false;
  std::uint64_t body_length_ = 0;
  std::uint64_t body_received_ = 0;
  std::string upload_answer_;
};

}  // namespace reprise::bench
