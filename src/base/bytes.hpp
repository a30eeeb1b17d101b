#pragma once

#include <span>
#include <string_view>

namespace reprise {

// Bytes to look at: a packet, a key, a DER. Not text unless said so; does not own them.
using Bytes = std::string_view;

// Bytes to write into. Does not own them.
using Buffer = std::span<char>;

}  // namespace reprise
