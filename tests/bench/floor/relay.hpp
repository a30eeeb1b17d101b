#pragma once

#include <netinet/in.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "base/unique_fd.hpp"
#include "common/openssl.hpp"
#include "common/poller.hpp"

namespace reprise::bench {

// One client and its backend connection, which is made when the client's first bytes arrive and
// kept as long as the client's. Bytes are relayed as they come; a side that cannot take more stops
// the reading of the other.
class Relay {
public:
  // What the poller hands back: which side of which relay is ready.
  struct Side {
    Relay* relay;
    bool is_client;
  };

  // Keeps references to the poller and the backend's address.
  Relay(Poller& poller, UniqueFd client, SSL_CTX* context, const sockaddr_in& backend);
  Relay(const Relay&) = delete;
  Relay& operator=(const Relay&) = delete;

  // Goes on after an event. False: this relay has ended.
  bool on_event(bool is_client, std::uint32_t events);

private:
  bool handshake();
  bool read_client();
  bool read_backend();
  bool send_to_backend(std::string_view bytes);
  bool send_to_client(std::string_view bytes);
  bool flush_backend();
  bool flush_client();
  void wait_for_what_is_due();

  Poller& poller_;
  const sockaddr_in& backend_address_;
  UniqueFd client_;
  UniqueFd backend_;
  SslPtr ssl_;  // ends before its descriptor
  Side client_side_{this, true};
  Side backend_side_{this, false};
  std::uint32_t client_events_ = EPOLLIN;
  std::uint32_t backend_events_ = 0;
  bool established_ = false;
  bool handshake_wants_output_ = false;
  std::string to_backend_;  // what could not be sent yet
  std::string to_client_;
};

}  // namespace reprise::bench
