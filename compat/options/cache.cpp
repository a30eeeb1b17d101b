#include <array>
#include <functional>
#include <string_view>

#include <fmt/format.h>

#include "compat/builder.hpp"
#include "compat/options/registry.hpp"
#include "parsers/keyval/keyval.hpp"

namespace reprise::compat {
namespace {

constexpr std::uint64_t default_blocksize = 65536;
constexpr std::uint64_t largest_key = 65535;

// `a;b;;c`: empty parts vanish.
std::vector<std::string> split_list(const std::string& text) {
  std::vector<std::string> parts;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(';', begin), text.size());
    if (end > begin) parts.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

// A cache2 line while its keys are read.
struct Cache2 {
  Builder& builder;
  const OptionUse& use;
  cache::Settings settings;
  bool named = false;
  bool has_blocks = false;
  bool has_blocksize = false;
  bool has_hashsize = false;
  bool has_keysize = false;

  std::uint64_t number(const std::string& text) { return builder.unsigned_number(use, text); }
  bool flag(std::string_view key, const std::string& text) {
    if (text.empty() || text == "0") {
      builder.warn(use, fmt::format("{}={} switches {} on, as every value does", key, text, key));
    }
    return true;
  }
};

struct Key {
  std::string_view name;
  void (*apply)(Cache2&, std::string_view key, const std::string&);
};

void not_yet(Cache2& c, std::string_view key, const std::string&) {
  c.builder.warn(c.use, fmt::format("the key {} has no effect in this version", key));
}

void set_name(Cache2& c, std::string_view, const std::string& v) {
  c.settings.name = v;
  c.named = !v.empty();
}
void set_items(Cache2& c, std::string_view, const std::string& v) {
  c.settings.max_items = c.number(v);
}
void set_hashsize(Cache2& c, std::string_view, const std::string& v) {
  c.settings.hashsize = c.number(v);
  c.has_hashsize = true;
}
void set_keysize(Cache2& c, std::string_view, const std::string& v) {
  c.settings.keysize = c.number(v);
  c.has_keysize = true;
}
void set_hash(Cache2& c, std::string_view, const std::string& v) {
  if (v == "djb33x") {
    c.settings.hash = cache::Hash::djb33x;
  } else if (v == "murmur2") {
    c.settings.hash = cache::Hash::murmur2;
  } else {
    c.builder.fail(c.use, fmt::format("invalid cache hash for \"{}\"", c.settings.name),
                   "hash=djb33x or hash=murmur2 expected");
  }
}
void add_servers(Cache2& c, std::string_view, const std::string& v) {
  c.settings.udp_servers = split_list(v);
}
void add_nodes(Cache2& c, std::string_view, const std::string& v) {
  c.settings.udp_nodes = split_list(v);
}

constexpr std::array keys = std::to_array<Key>({
    {"name", set_name},
    {"max_items", set_items},
    {"maxitems", set_items},
    {"items", set_items},
    {"blocksize",
     [](Cache2& c, std::string_view, const std::string& v) {
       c.settings.blocksize = c.number(v);
       c.has_blocksize = true;
     }},
    {"blocks",
     [](Cache2& c, std::string_view, const std::string& v) {
       c.settings.blocks = c.number(v);
       c.has_blocks = true;
     }},
    {"hash", set_hash},
    {"hashsize", set_hashsize},
    {"hash_size", set_hashsize},
    {"keysize", set_keysize},
    {"key_size", set_keysize},
    {"udp", add_servers},
    {"udp_server", add_servers},
    {"udp_servers", add_servers},
    {"udpserver", add_servers},
    {"udpservers", add_servers},
    {"node", add_nodes},
    {"nodes", add_nodes},
    {"lastmod", [](Cache2& c, std::string_view key,
                   const std::string& v) { c.settings.last_modified = c.flag(key, v); }},
    {"ignore_full", [](Cache2& c, std::string_view key,
                       const std::string& v) { c.settings.ignore_full = c.flag(key, v); }},
    {"no_expire", [](Cache2& c, std::string_view key,
                     const std::string& v) { c.settings.no_expire = c.flag(key, v); }},
    {"store", not_yet},
    {"store_sync", not_yet},
    {"storesync", not_yet},
    {"store_delete", not_yet},
    {"storedelete", not_yet},
    {"sync", not_yet},
    {"bitmap", not_yet},
    {"math_initial", not_yet},
    {"purge_lru", not_yet},
    {"lru", not_yet},
    {"lazy_expire", not_yet},
    {"lazy", not_yet},
    {"sweep_on_full", not_yet},
    {"clear_on_full", not_yet},
});

// What uWSGI dies of, in its order and words (spec/cache/cache.md 1.3).
void check(Builder& b, const OptionUse& use, const Cache2& c) {
  const cache::Settings& s = c.settings;
  const auto invalid = [&](std::string_view what, std::string_view expected) {
    b.fail(use, fmt::format("invalid cache {} for \"{}\"", what, s.name), expected);
  };
  if (!c.named) b.fail(use, "you have to specify a cache name", "name=... expected");
  if (s.max_items == 0) {
    b.fail(use, "you have to specify the maximum number of cache items", "items=20000 expected");
  }
  if (c.has_blocksize && s.blocksize == 0) invalid("blocksize", "a number above 0 expected");
  if (c.has_blocks && s.blocks == 0) invalid("blocks", "at least as many as items expected");
  if (c.has_hashsize && s.hashsize == 0) invalid("hashsize", "a number above 0 expected");
  if (c.has_keysize && (s.keysize == 0 || s.keysize > largest_key)) {
    invalid("keysize", "a number from 1 to 65535 expected");
  }
  if (c.has_blocks && s.blocks < s.max_items) {
    b.fail(use,
           fmt::format("invalid number of cache blocks for \"{}\", must be higher than max_items "
                       "({})",
                       s.name, s.max_items),
           "blocks of at least as many as items expected");
  }
}

void warn_of_peers(Builder& b, const OptionUse& use) {
  b.warn(use,
         fmt::format("{}: this version does not synchronise caches between nodes yet", use.name));
}

void add_cache2(Builder& b, const OptionUse& use) {
  Cache2 c{b, use, {}};
  parsers::keyval::List list;
  try {
    list = parsers::keyval::parse(use.text());
  } catch (const parsers::SyntaxError& error) {
    b.fail(use, "unable to parse cache definition", error);
  }
  for (const auto& pair : list) {
    const auto* key =
        std::find_if(keys.begin(), keys.end(), [&](const Key& k) { return k.name == pair.key; });
    if (key == keys.end()) {
      b.warn(use, fmt::format("unknown key \"{}\" of cache2", pair.key));
    } else {
      key->apply(c, pair.key, pair.value);
    }
  }
  check(b, use, c);
  if (!c.settings.udp_nodes.empty() || !c.settings.udp_servers.empty()) warn_of_peers(b, use);
  b.add_cache(use, std::move(c.settings));
}

}  // namespace

std::vector<Option> cache_options() {
  constexpr auto full = Support::full;
  constexpr auto required = Argument::required;
  constexpr auto none = Argument::none;
  return {
      {"cache", required, full, "make the cache \"default\" with this many items",
       [](Builder& b, const OptionUse& use) {
         const auto items = b.unsigned_number(use);
         if (auto* cache = b.change_default_cache(use)) cache->max_items = items;
       }},
      {"cache-blocksize", required, full, "largest value of the default cache, in bytes",
       [](Builder& b, const OptionUse& use) {
         const auto size = b.unsigned_number(use);
         auto* cache = b.change_default_cache(use);
         if (cache != nullptr) cache->blocksize = size != 0 ? size : default_blocksize;
       }},
      {"cache-use-last-modified", none, full, "keep the time of the default cache's last change",
       [](Builder& b, const OptionUse& use) {
         if (auto* cache = b.change_default_cache(use)) cache->last_modified = b.flag(use);
       }},
      {"cache2", required, full, "make a named cache: name=ssl,items=20000,blocksize=4096",
       add_cache2},
      {"cache-no-expire", none, full, "no sweeping of expired items",
       [](Builder& b, const OptionUse& use) { b.config.sweep.enabled = !b.flag(use); }},
      {"cache-expire-freq", required, full, "seconds between sweeps of expired items",
       [](Builder& b, const OptionUse& use) {
         const int seconds = b.integer(use);
         b.config.sweep.period = std::chrono::seconds(seconds > 0 ? seconds : 3);
       }},
      {"cache-report-freed-items", none, full, "log what each sweep freed",
       [](Builder& b, const OptionUse& use) { b.config.sweep.report_freed_items = b.flag(use); }},
      // These belong to the default cache wherever they stand: see README.md.
      {"cache-udp-server", required, full, "receive changes of the default cache here",
       [](Builder& b, const OptionUse& use) {
         b.default_cache.udp_servers.push_back(use.text());
         warn_of_peers(b, use);
       }},
      {"cache-udp-node", required, full, "send changes of the default cache there",
       [](Builder& b, const OptionUse& use) {
         b.default_cache.udp_nodes.push_back(use.text());
         warn_of_peers(b, use);
       }},
  };
}

}  // namespace reprise::compat
