#pragma once

#include "net/address.hpp"

namespace reprise::net {

// getaddrinfo() with a bound: EAI_AGAIN after five seconds, or at once for a host that was too slow
// before and when all questions together have taken 15. For a program that checks and ends: the
// resolver has threads of its own then, and one that hangs stays behind. Called by one thread.
int bounded_lookup(const char* host, const char* service, const addrinfo* hints, addrinfo** found);

}  // namespace reprise::net
