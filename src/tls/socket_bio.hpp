#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "net/socket.hpp"
#include "tls/openssl.hpp"

namespace reprise::tls {

// Between OpenSSL and a non-blocking socket, with fewer system calls than OpenSSL's own:
//  - a recv that filled less than its buffer has emptied the socket, so reads say "would block"
//    without asking the kernel, until there is news;
//  - while `collecting`, what OpenSSL writes is kept until flush(): a flight leaves in one send,
//    and after the session is in the cache.
class SocketBio {
public:
  // Keeps the first bytes that come, to tell what a client is that does not speak TLS.
  static constexpr std::size_t greeting_size = 16;

  // `socket` outlives this.
  explicit SocketBio(const net::Socket& socket) : socket_(socket) {}
  SocketBio(const SocketBio&) = delete;
  SocketBio& operator=(const SocketBio&) = delete;

  // Makes this the transport of `ssl`, which must not outlive it.
  void attach(SSL* ssl);

  // Ends collecting: from now on OpenSSL's writes go out at once.
  void collect(bool on) { collecting_ = on; }

  // What is written from now on waits for the FIN.
  void more_to_come() { more_ = true; }

  // Sends what was collected. Wants output as long as some is left.
  net::Step flush();

  // Forgets what was collected.
  void discard() { outgoing_.clear(); }

  // True if nothing can come before the socket is readable again.
  bool drained() const { return drained_at_ == socket_.input_events(); }
  bool ended() const { return ended_; }
  // The first failure of the socket.
  error_code error() const { return error_; }
  std::string_view greeting() const { return {greeting_, greeting_length_}; }

private:
  friend struct BioCalls;

  int read(char* into, int size);
  int write(const char* from, int size);
  void keep_greeting(const char* bytes, std::size_t size);

  static constexpr std::uint64_t never = UINT64_MAX;

  const net::Socket& socket_;
  std::uint64_t drained_at_ = never;  // the socket's events when it was last empty
  bool ended_ = false;
  bool collecting_ = true;
  bool more_ = false;
  error_code error_;
  std::string outgoing_;
  std::size_t greeting_length_ = 0;
  char greeting_[greeting_size] = {};
};

}  // namespace reprise::tls
