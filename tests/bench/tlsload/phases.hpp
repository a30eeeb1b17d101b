#pragma once

#include <cstddef>

#include "tlsload/tally.hpp"

namespace reprise::bench {

// The client's talk with whoever measures: after the warm-up a line says that it is ready, and the
// measured phase begins when a line comes in; when it has ended a line has the result, and the
// connections that are open stay open until one more line comes in. The end of the input ends the
// program (exit status 1).

// Says what the warm-up did and how many sessions there are to offer; waits.
void say_ready(const Tally& warm_up, std::size_t sessions);
// Says what the measured phase did; waits.
void report(const Tally& measured);

}  // namespace reprise::bench
