#pragma once

#include <vector>

#include "base/unique_fd.hpp"
#include "tlsload/options.hpp"
#include "tlsload/tally.hpp"

namespace reprise::bench {

using Knocks = std::vector<UniqueFd>;

// `operations` TCP connections, `burst` at once and then a pause. Each says the first bytes of a
// ClientHello and no more (a server may accept no connection that says nothing), so that all that
// the server can do is to accept it and to wait.
Knocks knock(const Options& options, Tally& tally);

}  // namespace reprise::bench
