#pragma once

#include "common/openssl.hpp"
#include "tlsload/options.hpp"

namespace reprise::bench {

// What every connection of the client is made from. Sessions go to the connection that received
// them (see Connection); no certificate is verified. Throws std::runtime_error.
ContextPtr make_client_context(const Options& options);

}  // namespace reprise::bench
