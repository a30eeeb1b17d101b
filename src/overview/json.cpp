#include <algorithm>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "overview/view.hpp"

namespace reprise::overview {
namespace {

namespace json = boost::json;

template <class T>
json::value value_of(const std::optional<T>& known) {
  return known ? json::value(*known) : json::value(nullptr);
}

json::object object_of(const Delay& delay) {
  return {{"count", delay.count}, {"p50", delay.p50}, {"p99", delay.p99}};
}

json::object object_of(const Peer& peer) {
  json::object out;
  out["address"] = peer.address;
  out["node"] = value_of(peer.node);
  out["name"] = peer.name;
  out["state"] = peer.state == Peer::State::live ? "live" : "heard";
  out["last_packet_ms"] = value_of(peer.last_packet_ms);
  out["pushes"] = value_of(peer.pushes);
  out["sent"] = value_of(peer.sent);
  out["missing"] = value_of(peer.missing);
  out["loss"] = value_of(peer.loss());
  out["round_trip_us"] = value_of(peer.round_trip_us);
  out["sessions"] = value_of(peer.sessions);
  out["version"] = peer.version;
  out["clock_difference"] = value_of(peer.clock_difference);
  out["keys"] = value_of(peer.keys);
  out["keys_shared"] = value_of(peer.keys_shared);
  return out;
}

json::object object_of(const Address& address) {
  json::object out;
  out["address"] = address.address;
  out["sent"] = value_of(address.sent);
  out["unsent"] = value_of(address.unsent);
  out["received"] = value_of(address.received);
  out["applied"] = value_of(address.applied);
  out["last_packet_ms"] = value_of(address.last_packet_ms);
  json::object rejected;
  for (const auto& [reason, count] : address.rejected)
    rejected[reason] = count;
  out["rejected"] = std::move(rejected);
  return out;
}

json::object object_of(const Cache& cache);

template <class T>
json::array array_of(const std::vector<T>& list) {
  json::array out;
  for (const T& one : list)
    out.push_back(object_of(one));
  return out;
}

json::object object_of(const Cache& cache) {
  json::object out;
  out["cache"] = cache.name;
  out["items"] = value_of(cache.items);
  out["sealed"] = cache.sealed.has_value();
  if (cache.sealed) {
    out["node"] = cache.sealed->node;
    out["name"] = cache.sealed->name;
    out["keys"] = cache.sealed->keys;
    out["push_delay_us"] = object_of(cache.sealed->push_delay);
    out["pull_delay_us"] = object_of(cache.sealed->pull_delay);
    out["peers"] = array_of(cache.sealed->peers);
  }
  out["addresses"] = array_of(cache.addresses);
  return out;
}

// The code point of valid UTF-8 at the front, which is taken.
std::uint32_t take_code_point(std::string_view& utf8) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(utf8[i]); };
  const unsigned first = byte(0);
  const std::size_t length = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  std::uint32_t point = length == 1 ? first : first & (0x7fu >> length);
  for (std::size_t i = 1; i < length && i < utf8.size(); ++i)
    point = point << 6 | (byte(i) & 0x3fu);
  utf8.remove_prefix(std::min(length, utf8.size()));
  return point;
}

// What is not printable ASCII, as escapes: such characters stand in strings alone, and a terminal
// obeys some of them (RFC 8259 7).
std::string as_ascii(std::string_view utf8) {
  std::string out;
  while (!utf8.empty()) {
    const std::uint32_t point = take_code_point(utf8);
    if (point < 0x7f) {
      out += static_cast<char>(point);
    } else if (point < 0x10000) {
      out += fmt::format("\\u{:04x}", point);
    } else {
      const std::uint32_t rest = point - 0x10000;
      out += fmt::format("\\u{:04x}\\u{:04x}", 0xd800 + (rest >> 10), 0xdc00 + (rest & 0x3ff));
    }
  }
  return out;
}

}  // namespace

std::string as_json(const View& view) {
  return as_ascii(json::serialize(json::object{{"caches", array_of(view.caches)}}));
}

}  // namespace reprise::overview
