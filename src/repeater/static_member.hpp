#pragma once

#include <string>

#include "repeater/address.hpp"

namespace reprise::repeater {

// A member as it is written in the configuration, of the gateway at `gateway`. Throws
// std::runtime_error or std::invalid_argument, without the place, for what is no address, does not
// resolve, or is of another family, which could not be sent to.
Address static_member(const std::string& text, const net::Endpoint& gateway,
                      net::Lookup lookup = ::getaddrinfo);

}  // namespace reprise::repeater
