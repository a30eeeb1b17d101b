#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace reprise::overview {

// The cluster as one node sees it: what its stats tell of its caches' peers. Texts are as they
// came: whoever shows them sees to it that they are harmless.

struct Delay {  // microseconds that were enough for so many percent
  std::uint64_t count = 0, p50 = 0, p99 = 0;
};

// Of a sealed cache. What the stats do not say is nothing.
struct Peer {
  enum class State {
    live,  // it has proved to be there
    heard  // its datagrams open, but they may be a recording
  };
  State state = State::live;
  std::string address, name, version;
  std::optional<std::uint64_t> node;
  std::optional<std::uint64_t> last_packet_ms;   // ago
  std::optional<std::uint64_t> sessions;         // that it holds
  std::optional<std::uint64_t> pushes;           // that came, of it
  std::optional<std::uint64_t> sent;             // by it, as far as the node knows
  std::optional<std::uint64_t> missing;          // of them, what has not been told again either
  std::optional<std::uint64_t> round_trip_us;    // of pulls
  std::optional<std::int64_t> clock_difference;  // seconds; its clock less the node's
  std::optional<std::uint64_t> keys;             // secrets that it opens
  std::optional<std::uint64_t> keys_shared;      // of the node's, how many it opens

  // Of the pushes that it sent, what was lost on the way, 0 to 1. Nothing if it sent none.
  std::optional<double> loss() const;
};

// Where changes are sent to, or came from.
struct Address {
  std::string address;
  std::optional<std::uint64_t> sent, unsent;                    // if the node sends to it
  std::optional<std::uint64_t> received, applied;               // if something came from it
  std::optional<std::uint64_t> last_packet_ms;                  // ago
  std::vector<std::pair<std::string, std::uint64_t>> rejected;  // by reason, those that are not 0
};

struct Sealed {
  std::uint64_t node = 0;
  std::string name;
  std::uint64_t keys = 0;
  Delay push_delay, pull_delay;
  std::vector<Peer> peers;  // live ones first, then by address
};

struct Cache {
  std::string name;
  std::optional<std::uint64_t> items;
  std::optional<Sealed> sealed;  // nothing: its packets are plain
  std::vector<Address> addresses;
};

struct View {
  std::vector<Cache> caches;  // those with peers
};

// Reads a stats document. What it does not know in it is passed over. Throws std::runtime_error if
// it is none.
View read(std::string_view document);

// As a table for people, a line for each peer; nothing but printable ASCII, lines' ends, and, if
// `coloured`, colours.
std::string as_table(const View& view, bool coloured);

// As JSON in one line, ASCII alone; compat/README.md has its members.
std::string as_json(const View& view);

}  // namespace reprise::overview
