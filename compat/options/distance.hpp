#pragma once

#include <cstddef>
#include <string_view>

namespace reprise::compat {

// How many slips of a finger are between two names: a letter too many, too few or wrong, or two
// that changed places.
std::size_t distance(std::string_view a, std::string_view b);

}  // namespace reprise::compat
