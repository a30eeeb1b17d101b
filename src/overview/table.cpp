#include <fmt/format.h>

#include "overview/grid.hpp"
#include "overview/view.hpp"

namespace reprise::overview {
namespace {

constexpr std::uint64_t silent_ms = 5'000;  // hellos come each second
constexpr double some_loss = 0.01, much_loss = 0.05;
constexpr double clock_apart = 5;  // seconds

std::string number(const std::optional<std::uint64_t>& known) {
  return known ? std::to_string(*known) : "-";
}

std::string duration(double milliseconds) {
  constexpr double second = 1000, minute = 60 * second, hour = 60 * minute;
  if (milliseconds < 10) return fmt::format("{:.2f} ms", milliseconds);
  if (milliseconds < second) return fmt::format("{:.0f} ms", milliseconds);
  if (milliseconds < 10 * second) return fmt::format("{:.1f} s", milliseconds / second);
  if (milliseconds < 2 * minute) return fmt::format("{:.0f} s", milliseconds / second);
  if (milliseconds < 2 * hour) return fmt::format("{:.0f} min", milliseconds / minute);
  return fmt::format("{:.0f} h", milliseconds / hour);
}

std::string from_micros(std::uint64_t microseconds) {
  return duration(static_cast<double>(microseconds) / 1000);
}

Cell age(const std::optional<std::uint64_t>& milliseconds) {
  if (!milliseconds) return {"-"};
  const auto colour = *milliseconds > silent_ms ? Colour::yellow : Colour::none;
  // Of so short a time the fraction of a millisecond is nothing.
  if (*milliseconds < 1000) return {fmt::format("{} ms", *milliseconds), colour};
  return {duration(static_cast<double>(*milliseconds)), colour};
}

Cell loss(const Peer& peer) {
  const auto part = peer.loss();
  if (!part) return {"-"};
  const auto colour = *part >= much_loss   ? Colour::red
                      : *part >= some_loss ? Colour::yellow
                                           : Colour::none;
  return {fmt::format("{:.1f} %", *part * 100), colour};
}

Cell clock(const Peer& peer) {
  if (!peer.clock_difference) return {"-"};
  const auto seconds = static_cast<double>(*peer.clock_difference);
  const bool apart = seconds > clock_apart || seconds < -clock_apart;
  return {fmt::format("{:+} s", *peer.clock_difference), apart ? Colour::yellow : Colour::none};
}

Cell keys(const Peer& peer, std::uint64_t ours) {
  if (!peer.keys_shared) return {"-"};
  const bool lacks = *peer.keys_shared < ours;
  return {fmt::format("{}/{}", *peer.keys_shared, ours), lacks ? Colour::red : Colour::none};
}

std::vector<Cell> row_of(const Peer& peer, std::uint64_t ours) {
  const bool is_live = peer.state == Peer::State::live;
  return {{peer.address},
          {number(peer.node)},
          {peer.name.empty() ? "-" : peer.name},
          {is_live ? "live" : "heard", is_live ? Colour::none : Colour::yellow},
          age(peer.last_packet_ms),
          loss(peer),
          {number(peer.missing), peer.missing.value_or(0) > 0 ? Colour::yellow : Colour::none},
          {peer.round_trip_us ? from_micros(*peer.round_trip_us) : "-"},
          {number(peer.sessions)},
          {peer.version.empty() ? "-" : peer.version},
          clock(peer),
          keys(peer, ours)};
}

std::string reasons_of(const Address& address) {
  std::string out;
  for (const auto& [reason, count] : address.rejected)
    out += fmt::format("{}{} {}", out.empty() ? "" : ", ", harmless(reason), count);
  return out;
}

std::string delay_text(const char* what, const Delay& delay) {
  if (delay.count == 0) return {};
  return fmt::format(", {} {} p50, {} p99", what, from_micros(delay.p50), from_micros(delay.p99));
}

class Table {
public:
  explicit Table(bool coloured) : coloured_(coloured) {}

  std::string of(const Cache& cache) const {
    std::string out = heading(cache);
    if (!cache.sealed) return out + plain(cache.addresses);
    out += peers(*cache.sealed);
    for (const Peer& peer : cache.sealed->peers)
      out += secrets(peer, cache.sealed->keys);
    for (const Address& address : cache.addresses)
      out += trouble(address);
    return out;
  }

private:
  std::string heading(const Cache& cache) const {
    std::string out = painted("cache " + harmless(cache.name), Colour::bold, coloured_);
    if (cache.sealed) {
      const Sealed& sealed = *cache.sealed;
      out += fmt::format(": sealed, node {}, name {}, {} secret{}", sealed.node,
                         sealed.name.empty() ? "-" : harmless(sealed.name), sealed.keys,
                         sealed.keys == 1 ? "" : "s");
    } else {
      out += ": plain";
    }
    if (cache.items) out += fmt::format(", {} items", *cache.items);
    if (cache.sealed) {
      out += delay_text("push delay", cache.sealed->push_delay);
      out += delay_text("pull", cache.sealed->pull_delay);
    }
    return out + '\n';
  }

  std::string peers(const Sealed& sealed) const {
    if (sealed.peers.empty()) return "no peer has been heard\n";
    Grid grid({"ADDRESS", "NODE", "NAME", "STATE", "LAST", "LOSS", "MISSING", "RTT", "SESSIONS",
               "VERSION", "CLOCK", "KEYS"});
    for (const Peer& peer : sealed.peers)
      grid.add(row_of(peer, sealed.keys));
    return grid.text(coloured_);
  }

  std::string plain(const std::vector<Address>& addresses) const {
    if (addresses.empty()) return "no peer has been heard\n";
    Grid grid({"ADDRESS", "SENT", "UNSENT", "RECEIVED", "APPLIED", "LAST", "REJECTED"});
    for (const Address& row : addresses) {
      const bool lost = row.unsent.value_or(0) > 0;
      const std::string reasons = reasons_of(row);
      grid.add(
          {{row.address},
           {number(row.sent)},
           {number(row.unsent), lost ? Colour::yellow : Colour::none},
           {number(row.received)},
           {number(row.applied)},
           {age(row.last_packet_ms).text},  // nothing is sent when nothing changes
           {reasons.empty() ? "-" : reasons, reasons.empty() ? Colour::none : Colour::yellow}});
    }
    return grid.text(coloured_);
  }

  // Whoever lacks a secret cannot read what is sealed with it.
  std::string secrets(const Peer& peer, std::uint64_t ours) const {
    std::string out;
    if (!peer.keys_shared || !peer.keys) return out;
    if (*peer.keys_shared < ours) {
      const std::uint64_t lacking = ours - *peer.keys_shared;
      out += note(fmt::format("{} lacks {} of this node's {} secrets", harmless(peer.address),
                              lacking, ours),
                  Colour::red);
    }
    if (*peer.keys > *peer.keys_shared) {
      out += note(fmt::format("{} has {} that this node lacks", harmless(peer.address),
                              *peer.keys - *peer.keys_shared),
                  Colour::yellow);
    }
    return out;
  }

  std::string trouble(const Address& address) const {
    std::string out;
    const std::string who = harmless(address.address);
    if (address.unsent.value_or(0) > 0) {
      out += note(fmt::format("{}: {} datagrams could not be sent", who, *address.unsent),
                  Colour::yellow);
    }
    if (!address.rejected.empty())
      out += note(fmt::format("{}: rejected {}", who, reasons_of(address)), Colour::none);
    return out;
  }

  std::string note(const std::string& text, Colour colour) const {
    return "  " + painted(text, colour, coloured_) + '\n';
  }

  bool coloured_;
};

}  // namespace

std::string as_table(const View& view, bool coloured) {
  if (view.caches.empty()) return "no cache of this node has peers\n";
  std::string out;
  for (const Cache& cache : view.caches) {
    if (!out.empty()) out += '\n';
    out += Table(coloured).of(cache);
  }
  return out;
}

}  // namespace reprise::overview
