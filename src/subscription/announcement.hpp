#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/bytes.hpp"
#include "subscription/rejection.hpp"

namespace reprise::subscription {

inline constexpr std::uint8_t packet_modifier = 224;
inline constexpr std::size_t largest_packet = 4096;  // bytes, as in uWSGI
inline constexpr std::size_t longest_key = 255;
inline constexpr std::size_t longest_address = 255;
inline constexpr std::uint64_t largest_weight = 65535;

// What a node says of itself for one key (spec/routers/subscription.md 1). The texts are views into
// the datagram, or into whatever the sender gave.
struct Announcement {
  bool leaves = false;
  std::string_view key;      // mostly the Host of requests
  std::string_view address;  // where the node is reached, as it says
  std::uint8_t modifier1 = 0;
  std::uint8_t modifier2 = 0;
  std::uint64_t cores = 0;
  std::uint64_t load = 0;
  std::uint64_t weight = 0;  // 0: not told, which counts as 1; at most largest_weight
  std::string_view sni_key, sni_crt, sni_ca;
  std::string_view notify;                 // a unix datagram socket that wants to know
  std::optional<std::string_view> cookie;  // of a node that can return a repeater's; ours alone
  std::optional<std::uint64_t> unix;
  std::string_view sign;  // empty: not signed
  Bytes signed_part;      // what the signature is about
};

// Reads one datagram. Stricter than uWSGI: modifiers, lengths and numbers have to be right, and a
// signature has to be the last field. Unknown fields mean nothing; of a field that comes twice the
// last counts.
std::variant<Announcement, Rejection> read(Bytes datagram);

// The datagram without its signature, fields in uWSGI's order; what of it is to be signed, if it
// is; and the whole. Nothing if it is larger than servers read.
std::string begin(const Announcement& announcement);
Bytes signed_part_of(std::string_view begun);
std::optional<std::string> finish(std::string begun, std::string_view signature = {});

}  // namespace reprise::subscription
