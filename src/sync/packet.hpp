#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "base/bytes.hpp"
#include "base/clock.hpp"
#include "sync/rejection.hpp"

namespace reprise::sync {

// One change of a cache, as it travels between nodes: uWSGI's datagram, FORMAT.md.

enum class Operation { set, erase };

struct Change {
  Operation operation = Operation::set;
  Bytes key;
  Bytes value;              // empty for erase
  UnixSeconds expires = 0;  // absolute; 0: never. Of a set
};

inline constexpr std::size_t largest_datagram = 65507;  // what UDP over IPv4 carries

// Writes the datagram into `into`, whose memory is used again. False if it does not fit one, or a
// length does not fit its field; `into` is empty then.
bool encode(const Change& change, std::string& into);

// What the datagram says; it refers to the datagram's bytes. Nothing if it is not taken; `why` is
// set then, to one of the reasons that need only the datagram to be known.
std::optional<Change> decode(Bytes datagram, Rejection& why);

}  // namespace reprise::sync
