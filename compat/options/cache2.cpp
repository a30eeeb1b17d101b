#include "compat/options/cache2.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <variant>

#include <fmt/format.h>

#include "compat/number.hpp"
#include "compat/options/distance.hpp"
#include "parsers/address/address.hpp"
#include "parsers/keyval/keyval.hpp"

namespace reprise::compat {
namespace {

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

bool is_host_and_port(const std::string& text) {
  try {
    return std::holds_alternative<parsers::address::Tcp>(parsers::address::parse(text));
  } catch (const parsers::SyntaxError&) {
    return false;
  }
}

// A cache2 line while its keys are read.
struct Cache2 {
  Builder& builder;
  const OptionUse& use;
  cache::Settings settings;
  bool named = false;
  bool has_blocks = false;
  bool lru = false;
  bool lazy = false;
  bool no_expire = false;

  std::uint64_t number(const std::string& text) { return builder.unsigned_number(use, text); }
  std::chrono::seconds seconds(const std::string& text) {
    constexpr std::uint64_t century = 3'155'760'000;
    return std::chrono::seconds(std::min(number(text), century));
  }
  // Every value switches on; one that looks as if it did not is warned of.
  bool flag(std::string_view key, const std::string& text) {
    if (text.empty() || !reads_as_true(text)) {
      builder.warn(use, fmt::format("{}={} switches {} on, as every value does", key, text, key));
    }
    return true;
  }
};

struct Key {
  std::string_view name;
  void (*apply)(Cache2&, std::string_view key, const std::string&);
};

template <bool Cache2::*member>
void set_flag(Cache2& c, std::string_view key, const std::string& v) {
  c.*member = c.flag(key, v);
}
template <bool cache::Settings::*member>
void set_flag(Cache2& c, std::string_view key, const std::string& v) {
  c.settings.*member = c.flag(key, v);
}
template <std::uint64_t cache::Settings::*member>
void set_number(Cache2& c, std::string_view, const std::string& v) {
  c.settings.*member = c.number(v);
}

void set_name(Cache2& c, std::string_view, const std::string& v) {
  c.settings.name = v;
  c.named = !v.empty();
}
void set_blocks(Cache2& c, std::string_view, const std::string& v) {
  c.settings.blocks = c.number(v);
  c.has_blocks = true;
}
void set_hashsize(Cache2& c, std::string_view, const std::string& v) {
  c.settings.hashsize = static_cast<std::uint32_t>(c.number(v));  // uWSGI keeps 32 bits
}
void set_hash(Cache2& c, std::string_view, const std::string& v) {
  if (const auto hash = cache::hash_named(v)) {
    c.settings.hash = *hash;
    return;
  }
  c.builder.fail(c.use, fmt::format("invalid cache hash for \"{}\"", c.settings.name),
                 "hash=djb33x or hash=murmur2 expected");
}
void set_store(Cache2& c, std::string_view, const std::string& v) {
  c.settings.store = v;
}
void set_store_period(Cache2& c, std::string_view, const std::string& v) {
  c.settings.store_period = c.seconds(v);
}
void set_sweep_on_full(Cache2& c, std::string_view, const std::string& v) {
  c.settings.sweep_on_full = c.seconds(v);
}
void set_math_initial(Cache2& c, std::string_view, const std::string& v) {
  c.settings.math_initial = reads_as_integer(v);
}
void add_servers(Cache2& c, std::string_view, const std::string& v) {
  c.settings.udp_servers.clear();
  for (const std::string& address : split_list(v))
    c.settings.udp_servers.push_back(udp_server(c.builder, c.use, address));
}
void add_nodes(Cache2& c, std::string_view, const std::string& v) {
  c.settings.udp_nodes.clear();
  for (const std::string& address : split_list(v))
    c.settings.udp_nodes.push_back(udp_node(c.builder, c.use, address));
}
void set_secret(Cache2& c, std::string_view, const std::string& v) {
  c.settings.secret = secret_file(c.builder, c.use, v);
}
void set_cipher(Cache2& c, std::string_view, const std::string& v) {
  c.settings.chacha20 = is_chacha20(c.builder, c.use, v);
}
void add_sources(Cache2& c, std::string_view, const std::string& v) {
  c.settings.sync_nodes.clear();
  for (const std::string& address : split_list(v))
    c.settings.sync_nodes.push_back(neighbour(c.builder, c.use, address));
}

using cache::Settings;

constexpr std::array keys = std::to_array<Key>({
    {"name", set_name},
    {"max_items", set_number<&Settings::max_items>},
    {"maxitems", set_number<&Settings::max_items>},
    {"items", set_number<&Settings::max_items>},
    {"blocksize", set_number<&Settings::blocksize>},
    {"blocks", set_blocks},
    {"hash", set_hash},
    {"hashsize", set_hashsize},
    {"hash_size", set_hashsize},
    {"keysize", set_number<&Settings::keysize>},
    {"key_size", set_number<&Settings::keysize>},
    {"store", set_store},
    {"store_sync", set_store_period},
    {"storesync", set_store_period},
    {"store_delete", set_flag<&Settings::replace_store>},
    {"storedelete", set_flag<&Settings::replace_store>},
    {"node", add_nodes},
    {"nodes", add_nodes},
    {"udp", add_servers},
    {"udp_server", add_servers},
    {"udp_servers", add_servers},
    {"udpserver", add_servers},
    {"udpservers", add_servers},
    {"sync", add_sources},
    {"bitmap", set_flag<&Settings::bitmap>},
    {"lastmod", set_flag<&Settings::last_modified>},
    {"math_initial", set_math_initial},
    {"ignore_full", set_flag<&Settings::ignore_full>},
    {"purge_lru", set_flag<&Cache2::lru>},
    {"lru", set_flag<&Cache2::lru>},
    {"lazy_expire", set_flag<&Cache2::lazy>},
    {"lazy", set_flag<&Cache2::lazy>},
    {"sweep_on_full", set_sweep_on_full},
    {"clear_on_full", set_flag<&Settings::clear_on_full>},
    {"no_expire", set_flag<&Cache2::no_expire>},
    // Ours.
    {"mlock", set_flag<&Settings::lock_memory>},
    {"secret", set_secret},
    {"cipher", set_cipher},
});

// What uWSGI dies of, in its order and words (spec/cache/cache.md 1.3).
void check(const Cache2& c) {
  const Builder& b = c.builder;
  const Settings& s = c.settings;
  const auto invalid = [&](std::string_view what, std::string_view expected) {
    b.fail(c.use, fmt::format("invalid cache {} for \"{}\"", what, s.name), expected);
  };
  if (!c.named) b.fail(c.use, "you have to specify a cache name", "name=... expected");
  if (s.max_items == 0) {
    b.fail(c.use, "you have to specify the maximum number of cache items", "items=20000 expected");
  }
  if (s.blocksize == 0) invalid("blocksize", "a number above 0 expected");
  if (c.has_blocks && s.blocks == 0) invalid("blocks", "at least as many as items expected");
  if (s.hashsize == 0) invalid("hashsize", "a number above 0 expected");
  if (s.keysize == 0 || s.keysize > largest_key) {
    invalid("keysize", "a number from 1 to 65535 expected");
  }
  if (c.has_blocks && s.blocks < s.max_items) {
    b.fail(c.use,
           fmt::format("invalid number of cache blocks for \"{}\", must be higher than max_items "
                       "({})",
                       s.name, s.max_items),
           "blocks of at least as many as items expected");
  }
}

// What uWSGI warns of would here leave the cache without its seal.
bool is_nearly_secret(std::string_view written) {
  constexpr std::string_view secret = "secret";
  std::string key(written);
  std::transform(key.begin(), key.end(), key.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return distance(key, secret) <= 2 || key.find("secr") != std::string_view::npos ||
         key.find("seal") != std::string_view::npos;
}

[[noreturn]] void refuse_slip(const Builder& builder, const OptionUse& use, std::string_view key) {
  builder.fail(use, fmt::format("unknown key \"{}\" of cache2", key),
               "secret=FILE expected: with a slip in it the cache would be told in the clear");
}

// uWSGI passes over elements without '=': what is left of the text, and a warning for each.
std::string without_bare_elements(Builder& builder, const OptionUse& use) {
  const std::string& text = use.text();
  std::string kept;
  for (std::size_t begin = 0; begin < text.size();) {
    std::size_t end = begin;
    while (end < text.size() && text[end] != ',')
      end += text[end] == '\\' ? 2 : 1;
    end = std::min(end, text.size());
    const std::string element = text.substr(begin, end - begin);
    if (element.empty() || element.find('=') != std::string::npos) {
      kept += (kept.empty() ? "" : ",") + element;
    } else if (is_nearly_secret(element.substr(0, element.find_first_of(": \t")))) {
      refuse_slip(builder, use, element);
    } else {
      builder.warn(use, fmt::format("\"{}\" sets nothing: a key needs a '=' and a value", element));
    }
    begin = end + 1;
  }
  return kept;
}

void settle_expiry(Cache2& c) {
  if (c.lru) {
    c.settings.eviction = cache::Eviction::least_recently_used;
    c.settings.expiring = cache::Expiring::off;
  } else if (c.lazy) {
    c.settings.expiring = cache::Expiring::lookups;
  } else if (c.no_expire) {
    c.settings.expiring = cache::Expiring::nobody;
  }
}

}  // namespace

Written udp_node(const Builder& builder, const OptionUse& use, const std::string& address) {
  if (!is_host_and_port(address)) {
    builder.fail(use, fmt::format("[cache-udp-node] invalid udp address: {}", address),
                 "host:port expected");
  }
  return {address, use.place.describe_key("for this node")};
}

Written udp_server(const Builder& builder, const OptionUse& use, const std::string& address) {
  if (!is_host_and_port(address)) {
    builder.fail(use, fmt::format("[cache-udp-server] invalid udp address: {}", address),
                 "host:port expected");
  }
  return {address, use.place.describe_key("for this server")};
}

Written secret_file(const Builder& builder, const OptionUse& use, const std::string& path) {
  if (path.empty())
    builder.fail(use, "no secret file", "the path of a file that `reprise genkey` made expected");
  return {path, use.place.describe_key("for this secret")};
}

bool is_chacha20(const Builder& builder, const OptionUse& use, const std::string& name) {
  if (name == "chacha20") return true;
  if (name == "aes256") return false;
  builder.fail(use, fmt::format("unknown cipher: {}", name), "aes256 or chacha20 expected");
}

Written neighbour(const Builder& builder, const OptionUse& use, const std::string& address) {
  return {builder.address(use, address), use.place.describe_key("for this neighbour")};
}

cache::Settings read_cache2(Builder& builder, const OptionUse& use) {
  Cache2 c{builder, use, {}};
  c.settings.origin = use.place.describe_key("for this cache");
  parsers::keyval::List list;
  try {
    list = parsers::keyval::parse(without_bare_elements(builder, use));
  } catch (const parsers::SyntaxError& error) {
    builder.fail(use, "unable to parse cache definition", error);
  }
  for (const auto& pair : list) {
    const auto* key =
        std::find_if(keys.begin(), keys.end(), [&](const Key& k) { return k.name == pair.key; });
    if (key == keys.end() && is_nearly_secret(pair.key)) {
      refuse_slip(builder, use, pair.key);
    } else if (key == keys.end()) {
      builder.warn(use, fmt::format("unknown key \"{}\" of cache2", pair.key));
    } else {
      key->apply(c, pair.key, pair.value);
    }
  }
  check(c);
  settle_expiry(c);
  return c.settings;
}

}  // namespace reprise::compat
