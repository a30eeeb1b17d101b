#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "protocol/http_body.hpp"
#include "protocol/http_head.hpp"
#include "router/body_spool.hpp"
#include "router/buffer_pool.hpp"
#include "router/settings.hpp"

namespace reprise::router {

// A request whose packet (or head, for an HTTP backend) is made, and what is left to know of it.
struct Request {
  BufferPool::Lease packet_buffer;
  Bytes packet;
  BufferPool::Lease input;  // what was received with the head; `host` and `body_start` stand in it
  Bytes body_start;
  protocol::BodyFollower body;      // what comes behind body_start
  std::unique_ptr<BodySpool> kept;  // or the whole body
  std::uint64_t max_body = 0;       // bytes; 0: any number
  std::string_view host;
  std::string_view client;  // its address
  bool http_1_1 = false;
  bool to_head = false;   // HEAD: the answer has no body
  bool may_keep = false;  // as far as request and settings are concerned
  bool expects_continue = false;
  bool accepts_gzip = false;
  bool idempotent = false;  // so it may be sent twice (RFC 9110 9.2.2)
  bool recoded = false;     // body_start and the body have chunks, whose framing is made anew
  bool odd_body = false;    // a method that has none has one: not all backends read it
  bool upgrade = false;     // to websocket: after a 101 both sides say what they like
};

// What `head` and the settings say of it; views into the head. `own_name` is the host of a request
// that names none.
Request make_request(const protocol::RequestHead& head, const Settings& settings,
                     std::string_view own_name);

// Takes apart what stands behind the head: the body's beginning goes into the request, the next
// request's is returned. What has its own end (a tunnel, a body that is passed on as it is) has no
// next request.
Bytes take_body(Request& request, const protocol::RequestHead& head, const Settings& settings,
                Bytes behind);

}  // namespace reprise::router
