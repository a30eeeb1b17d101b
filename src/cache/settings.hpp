#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/written.hpp"

namespace reprise::cache {

// What the stats show and dumps carry; our table has a hash of its own, so that keys are found
// again with the last three too.
enum class Hash { djb33x, murmur2, random, rand, rr };

// What makes room when a cache is full and nothing in it has expired.
enum class Eviction {
  refuse,               // the set fails (uWSGI's default)
  oldest,               // the item written longest ago: what a cache of TLS sessions does
  least_recently_used,  // purge_lru. A cache of several shards goes by the shard of the new item
};

// Who removes what has expired. It is never returned, whoever does.
enum class Expiring {
  sweeper,  // the keeper, every SweepSettings::period
  lookups,  // whoever looks an expired item up (lazy_expire)
  nobody,   // no_expire; it makes room when the cache is full
  off,      // nothing expires, whatever a set says (purge_lru in a general cache)
};

// One cache. Units are bytes and items; the meaning of every field is spec/cache/cache.md 1.2.
struct Settings {
  std::string name = "default";
  std::uint64_t max_items = 0;      // one less can be stored, as in the original
  std::uint64_t blocksize = 65536;  // also the largest value, without bitmap
  std::uint64_t blocks = 0;         // 0: as many as max_items
  std::uint64_t keysize = 2048;     // largest key, 1..65535
  std::uint64_t hashsize = 65536;
  Hash hash = Hash::djb33x;
  bool bitmap = false;  // values of up to blocksize*blocks, that many blocks for all together
  Eviction eviction = Eviction::refuse;
  Expiring expiring = Expiring::sweeper;
  bool last_modified = false;
  bool ignore_full = false;
  bool clear_on_full = false;             // the last resort
  std::chrono::seconds sweep_on_full{0};  // at most once in so long; 0: never
  std::int64_t math_initial = 0;          // what arithmetic on a missing key starts from

  std::string store;  // the file it lives in; empty: memory alone
  // Between write-outs of the store; 0: one, at the start. Nothing: the one for all caches.
  std::optional<std::chrono::seconds> store_period;
  bool replace_store = false;  // a store that does not fit is replaced instead of refused
  bool lock_memory = false;    // never swapped out

  std::string origin;  // where it was configured, for messages

  // Peers of this cache (spec/cache/udp-protocol.md).
  std::vector<Written> udp_servers;  // where changes are received
  std::vector<Written> udp_nodes;    // where they are sent
  std::vector<Written> sync_nodes;   // whose caches this one may begin with, the first at first

  // What datagrams are sealed under; empty: they travel in uWSGI's form, for all to read.
  Written secret;         // the path of a file
  bool chacha20 = false;  // instead of AES-256-GCM, where machines have no instructions for that

  bool is_sealed() const { return !secret.empty(); }
  bool has_peers() const { return !udp_servers.empty() || !udp_nodes.empty(); }
  std::uint64_t all_blocks() const { return blocks != 0 ? blocks : max_items; }
};

// For all caches of the process tree.
struct SweepSettings {
  bool enabled = true;                   // cache-no-expire switches it off
  std::chrono::seconds period{3};        // cache-expire-freq
  bool report_freed_items = false;       // cache-report-freed-items
  std::chrono::seconds store_period{0};  // cache-store-sync: where a cache has none of its own
  bool lock_memory = false;              // cache-mlock
};

// What is stored at the start; it does not expire.
struct Preload {
  enum class Kind { file, gzipped_file, item };
  Kind kind = Kind::item;
  std::string cache;   // empty: every cache
  std::string text;    // a path, which is the key too; or key=value
  std::string origin;  // where it was configured, for messages
};

// The name of a hash function; nothing if there is none of that name.
std::string_view name_of(Hash hash);
std::optional<Hash> hash_named(std::string_view name);

}  // namespace reprise::cache
