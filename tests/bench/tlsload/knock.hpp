#pragma once

#include <vector>

#include "base/unique_fd.hpp"
#include "tlsload/options.hpp"
#include "tlsload/tally.hpp"

namespace reprise::bench {

using Knocks = std::vector<UniqueFd>;

// `operations` TCP connections, `burst` at once and then a pause, over which nothing is said: all
// that the server can do is to accept them.
Knocks knock(const Options& options, Tally& tally);

}  // namespace reprise::bench
