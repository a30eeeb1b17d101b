#pragma once

#include <string>

#include "protocol/status.hpp"

namespace reprise::router {

// A whole answer of the router's own, after which the connection ends. `with_body` is false in
// answer to HEAD.
std::string make_answer(protocol::Status status, bool with_body);

// A whole answer that sends the client to https, by uWSGI's status and fields. `port` is empty for
// the usual one; `target` begins with '/' or is '*'.
std::string make_redirect(std::string_view host, std::string_view port, std::string_view target);

// What a client that speaks HTTP to a TLS port gets, in clear.
std::string make_plain_http_answer();

}  // namespace reprise::router
