#include <string_view>

#include "compat/builder.hpp"
#include "compat/options/cache2.hpp"
#include "compat/options/registry.hpp"

namespace reprise::compat {
namespace {

constexpr std::uint64_t default_blocksize = 65536;
constexpr int default_period = 3;

// `[cache ]rest`: the cache's name is what stands before the first blank.
cache::Preload preload(const OptionUse& use, cache::Preload::Kind kind) {
  cache::Preload preload;
  preload.kind = kind;
  preload.text = use.text();
  preload.origin = use.place.describe_key("for this item");
  const std::size_t blank = preload.text.find(' ');
  if (blank != std::string::npos) {
    preload.cache = preload.text.substr(0, blank);
    preload.text.erase(0, blank + 1);
  }
  return preload;
}

template <cache::Preload::Kind kind>
void add_preload(Builder& b, const OptionUse& use) {
  b.config.preloads.push_back(preload(use, kind));
}

void set_items(Builder& b, const OptionUse& use) {
  const auto items = b.unsigned_number(use);
  if (auto* cache = b.change_default_cache(use)) {
    cache->max_items = items;
    cache->origin = use.place.describe_key("for this cache");
  }
}

void set_blocksize(Builder& b, const OptionUse& use) {
  const auto size = b.unsigned_number(use);
  if (auto* cache = b.change_default_cache(use)) {
    cache->blocksize = size != 0 ? size : default_blocksize;
  }
}

constexpr std::string_view cache_socket = "with plugins = cache: the same as cache-tcp-server";

void add_socket(Builder& b, const OptionUse& use) {
  b.sockets.push_back(&use);
}

}  // namespace

std::vector<Option> cache_options() {
  constexpr auto full = Support::full;
  constexpr auto required = Argument::required;
  constexpr auto none = Argument::none;
  using Kind = cache::Preload::Kind;
  return {
      {"cache", required, full, "make the cache \"default\" with this many items", set_items},
      {"cache-blocksize", required, full, "largest value of the default cache, in bytes",
       set_blocksize},
      {"cache-use-last-modified", none, full, "keep the time of the default cache's last change",
       [](Builder& b, const OptionUse& use) {
         if (auto* cache = b.change_default_cache(use)) cache->last_modified = b.flag(use);
       }},
      {"cache-store", required, full, "the file that the default cache lives in",
       [](Builder& b, const OptionUse& use) {
         if (auto* cache = b.change_default_cache(use)) cache->store = use.text();
       }},
      {"cache-store-sync", required, full, "seconds between write-outs of caches with a store",
       [](Builder& b, const OptionUse& use) {
         b.config.sweep.store_period = std::chrono::seconds(b.integer(use));
       }},
      {"cache2", required, full, "make a named cache: name=ssl,items=20000,blocksize=4096",
       [](Builder& b, const OptionUse& use) { b.add_cache(use, read_cache2(b, use)); }},
      {"cache-no-expire", none, full, "no sweeping of expired items",
       [](Builder& b, const OptionUse& use) { b.config.sweep.enabled = !b.flag(use); }},
      {"cache-expire-freq", required, full, "seconds between sweeps of expired items",
       [](Builder& b, const OptionUse& use) {
         const int seconds = b.integer(use);
         b.config.sweep.period = std::chrono::seconds(seconds > 0 ? seconds : default_period);
       }},
      {"cache-report-freed-items", none, full, "log what each sweep freed",
       [](Builder& b, const OptionUse& use) { b.config.sweep.report_freed_items = b.flag(use); }},
      {"cache-mlock", none, full, "keep the memory of all caches from being swapped out",
       [](Builder& b, const OptionUse& use) { b.config.sweep.lock_memory = b.flag(use); }},
      {"add-cache-item", required, full, "store an item at the start: [cache ]key=value",
       add_preload<Kind::item>},
      {"load-file-in-cache", required, full, "store a file under its name: [cache ]path",
       add_preload<Kind::file>},
      {"load-file-in-cache-gzip", required, full, "store a file compressed: [cache ]path",
       add_preload<Kind::gzipped_file>},
      // These belong to the default cache wherever they stand: see README.md.
      {"cache-udp-server", required, full, "receive changes of the default cache here",
       [](Builder& b, const OptionUse& use) {
         b.default_cache.udp_servers.push_back(udp_server(b, use, use.text()));
       }},
      {"cache-udp-node", required, full, "send changes of the default cache there",
       [](Builder& b, const OptionUse& use) {
         b.default_cache.udp_nodes.push_back(udp_node(b, use, use.text()));
       }},
      {"cache-sync", required, full, "copy the default cache from there at the start",
       [](Builder& b, const OptionUse& use) {
         b.default_cache.sync_nodes.push_back(neighbour(b, use, use.text()));
       }},
      {"cache-udp-secret", required, full,
       "seal the default cache's datagrams under this file's secret",
       [](Builder& b, const OptionUse& use) {
         b.default_cache.secret = secret_file(b, use, use.text());
       }},
      {"cache-udp-cipher", required, full,
       "what the default cache is sealed with: aes256, chacha20",
       [](Builder& b, const OptionUse& use) {
         b.default_cache.chacha20 = is_chacha20(b, use, use.text());
       }},
      {"cache-node-id", required, full, "this node's number in sealed clusters, 1..65535",
       [](Builder& b, const OptionUse& use) {
         b.config.sync.node = static_cast<std::uint16_t>(b.integer_up_to(use, 1, 65535));
       }},
      {"ssl-sessions-pull", required, full,
       "milliseconds that a handshake waits for a session of another node (sealed), 0: none",
       [](Builder& b, const OptionUse& use) {
         b.config.sync.pull_budget = std::chrono::milliseconds(b.integer_up_to(use, 0, 1000));
       }},
      {"cache-udp-repair-rate", required, full,
       "MiB a second at most that others get of what they lost or lack (sealed), 1..1024",
       [](Builder& b, const OptionUse& use) {
         b.config.sync.repair_rate = static_cast<std::uint64_t>(b.integer_up_to(use, 1, 1024))
                                     << 20;
       }},
      {"cache-sync-timeout", required, full, "seconds that serving waits for copies of caches",
       [](Builder& b, const OptionUse& use) {
         b.config.sync.copy_patience = std::chrono::seconds(b.integer(use));
       }},
      {"cache-tcp-server", required, full, "answer commands on all caches here, and give copies",
       [](Builder& b, const OptionUse& use) { b.add_cache_server(use); }},
      {"socket", required, full, cache_socket, add_socket, nullptr, 's'},
      {"uwsgi-socket", required, full, cache_socket, add_socket},
      {"multicast-ttl", required, full, "routers that changes sent to a group may pass, and one",
       [](Builder& b, const OptionUse& use) {
         b.config.sync.multicast.ttl = b.integer_up_to(use, 0, 255);
       }},
      {"multicast-loop", required, full, "0: what is sent to a group is not given to this host",
       [](Builder& b, const OptionUse& use) {
         b.config.sync.multicast.loop = b.integer(use) != 0;
       }},
      {"multicast-interface", required, full, "interface of all groups, by its name or address",
       [](Builder& b, const OptionUse& use) {
         b.config.sync.multicast.interface = use.text();
         b.config.sync.multicast_origin = use.place.describe_key("for this interface");
       }},
  };
}

}  // namespace reprise::compat
