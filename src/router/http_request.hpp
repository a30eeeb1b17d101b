#pragma once

#include "router/uwsgi_vars.hpp"

namespace reprise::router {

// Writes the head of the request that an HTTP backend gets, anew, of what was parsed:
//   the target in origin form; exactly one Host; a Content-Length or `Transfer-Encoding: chunked`
//   as the body will be sent, never both; fields of one name as one.
// Left out are what is between the client and us (Connection and the fields it names, Keep-Alive,
// TE, Trailer, Upgrade …; Expect, which we answer) and, counted, what could pass for something
// else: names with a '_', `Proxy`, an Upgrade that is not to websocket. An HTTP/1.0 request stays
// one, so that its answer has no chunks, and ends its connection. 400 for a path that can not be
// decoded or a Connection field that names too much, 431 if it does not fit.
PacketResult encode_http_request(const protocol::RequestHead& head,
                                 const ConnectionFacts& connection, const Settings& settings,
                                 std::string_view host_name, Buffer into);

}  // namespace reprise::router
