#pragma once

#include <string>

#include "protocol/status.hpp"

namespace reprise::router {

// A whole answer of the router's own, after which the connection ends. `with_body` is false in
// answer to HEAD.
std::string make_answer(protocol::Status status, bool with_body);

// What a client that speaks HTTP to a TLS port gets, in clear.
std::string make_plain_http_answer();

}  // namespace reprise::router
