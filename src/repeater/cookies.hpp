#pragma once

#include "repeater/room.hpp"
#include "seal/clear.hpp"

namespace reprise::repeater {

// What an address is sent to prove that it is its owner's wish: made of the address and the minute
// with a key of ours, so nothing is remembered until it comes back.
class Cookies {
public:
  static constexpr std::uint64_t each_second = 20'000;  // to all addresses, and one to each

  // `room` outlives this.
  explicit Cookies(Room& room) : room_(room) {}

  // Throws std::runtime_error if OpenSSL fails, here and below.
  seal::Cookie make(const Address& address, Moment now) const;
  // Of this minute or the one before.
  bool is_valid(const seal::Cookie& cookie, const Address& address, Moment now) const;

  // Whether the address may be sent one now: at most one a second, and of strangers' not more than
  // `each_second` in all.
  bool may_send(const Address& address, bool is_member, Moment now);

private:
  seal::Cookie of_minute(const Address& address, std::uint64_t minute) const;

  Room& room_;
};

// Takes some off what a second has; false if it has not so many left. `state`: second << 32 |
// taken.
bool take_some(std::atomic<std::uint64_t>& state, std::uint64_t some, std::uint64_t most,
               Moment now);

}  // namespace reprise::repeater
