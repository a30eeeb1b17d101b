#pragma once

#include <span>
#include <string_view>

#include "subscription/layout.hpp"
#include "subscription/settings.hpp"

namespace reprise::subscription {

// Whose turn it is among `nodes`, which live and stand in the order in which they came; null if
// there are none. `client` is for Algorithm::iphash. Changes their credits.
NodeSlot* take_turn(Algorithm algorithm, std::span<NodeSlot* const> nodes, std::string_view client);

}  // namespace reprise::subscription
