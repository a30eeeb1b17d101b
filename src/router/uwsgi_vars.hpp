#pragma once

#include <optional>
#include <string>

#include "base/bytes.hpp"
#include "protocol/http_head.hpp"
#include "router/settings.hpp"
#include "tls/stream.hpp"

namespace reprise::router {

// What every request of one connection tells its application about the connection.
struct ConnectionFacts {
  std::string remote_address;  // "127.0.0.1", "::1"; "0.0.0.0" of a unix socket
  std::string remote_port;     // "0" of a unix socket
  std::string_view server_port;
  const std::optional<std::string>* redirect_port = nullptr;  // of ListenerSettings; may be null
  bool https = false;
  bool direct = false;  // the client is the application's own: no router, no REMOTE_PORT
  const tls::Peer* peer = nullptr;  // the client's certificate
};

// The text behind the last colon of a listener's address as it was written; empty for a path.
std::string_view port_of(std::string_view address);

struct PacketResult {
  protocol::Status status = protocol::Status::ok;
  Bytes packet;          // of Status::ok: at the front of the memory
  unsigned dropped = 0;  // fields that are not in it
};

// Writes the uwsgi packet of a request, its variables in uWSGI's order (spec/routers/http-router.md
// 3). Differs from uWSGI on purpose:
//   REMOTE_PORT is not byte-swapped; CONTENT_LENGTH is a canonical number;
//   fields named `Proxy` or with a '_' are dropped, since they would pass for something else, and
//   so is an Upgrade that is not to websocket; a body that was chunked has its length and no
//   Transfer-Encoding; several Cookie fields are joined by "; ".
// 400 for a path that can not be decoded, 431 if it does not fit.
PacketResult encode_request(const protocol::RequestHead& head, const ConnectionFacts& connection,
                            const Settings& settings, std::string_view host_name, Buffer into);

}  // namespace reprise::router
