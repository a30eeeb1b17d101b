#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace reprise::cache {

enum class Hash { djb33x, murmur2 };

// What makes room when a cache is full.
enum class Eviction {
  refuse,  // the set fails (uWSGI's default for a general cache)
  oldest,  // expired items first, then the oldest: what a cache of TLS sessions does
};

// One cache. Units are bytes and items; the meaning of every field is spec/cache/cache.md 1.2.
struct Settings {
  std::string name = "default";
  std::uint64_t max_items = 0;      // one less can be stored, as in the original
  std::uint64_t blocksize = 65536;  // also the largest value
  std::uint64_t blocks = 0;         // 0: as many as max_items
  std::uint64_t keysize = 2048;     // largest key, 1..65535
  std::uint64_t hashsize = 65536;
  Hash hash = Hash::djb33x;
  Eviction eviction = Eviction::refuse;
  bool last_modified = false;
  bool ignore_full = false;
  bool no_expire = false;

  // Peers of this cache (spec/cache/udp-protocol.md); addresses as written.
  std::vector<std::string> udp_servers;
  std::vector<std::string> udp_nodes;
};

// For all caches of the process tree.
struct SweepSettings {
  bool enabled = true;              // cache-no-expire switches it off
  std::chrono::seconds period{3};   // cache-expire-freq
  bool report_freed_items = false;  // cache-report-freed-items
};

}  // namespace reprise::cache
