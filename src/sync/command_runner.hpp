#pragma once

#include <string>

#include "sync/command.hpp"
#include "sync/offer.hpp"

namespace reprise::sync {

// Does what a command says, unless that goes over a whole cache, and gives the answer's bytes;
// empty where it has none, and to a clear what is answered when it is done. `value`: of a set. What
// is set or erased is passed on to the cache's peers, as in uWSGI; a clear is for this node alone.
std::string run(const Command& command, Bytes value, Offer& offer, const net::Endpoint& from,
                UnixSeconds now);

}  // namespace reprise::sync
