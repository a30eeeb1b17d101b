#include "app/cache_command.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <cstdio>
#include <stdexcept>
#include <string_view>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "app/stats_client.hpp"
#include "cache/store_reader.hpp"

namespace reprise::app {
namespace {

namespace json = boost::json;

constexpr std::chrono::milliseconds patience{10'000};
constexpr char usage[] =
    "usage: reprise cache STORE-OR-STATS-ADDRESS [--json] [--keys]\n"
    "  STORE          a file of cache-store or of cache2's store=...\n"
    "  STATS-ADDRESS  of a node's stats option: 127.0.0.1:5001, /run/stats.sock\n"
    "  --json         as JSON\n"
    "  --keys         every key of a store; session ids are shortened\n";

struct Request {
  std::string target;
  bool as_json = false;
  bool keys = false;
};

Request request_of(const std::vector<std::string>& arguments) {
  Request request;
  for (std::size_t i = 2; i < arguments.size(); ++i) {
    const std::string& argument = arguments[i];
    if (argument == "--json") {
      request.as_json = true;
    } else if (argument == "--keys") {
      request.keys = true;
    } else if (!argument.starts_with("--") && request.target.empty()) {
      request.target = argument;
    } else {
      throw std::invalid_argument("unexpected " + argument);
    }
  }
  if (request.target.empty()) throw std::invalid_argument("a store or an address is missing");
  return request;
}

// A text as it is, unless it is long; of other bytes only so many that they can be told apart: who
// knows a session's id can look it up.
std::string shortened(const std::string& key) {
  constexpr std::size_t longest_text = 64;
  constexpr std::size_t shown_bytes = 4;
  const bool text =
      std::all_of(key.begin(), key.end(), [](char c) { return c >= ' ' && c <= '~'; });
  if (text && key.size() <= longest_text) return key;
  if (text) return fmt::format("{}... ({} bytes)", key.substr(0, longest_text), key.size());
  std::string hex;
  for (const char c : key.substr(0, shown_bytes))
    hex += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return fmt::format("{}... ({} bytes)", hex, key.size());
}

UnixSeconds age(UnixSeconds written, UnixSeconds now) {
  return written == 0 || written > now ? 0 : now - written;
}

json::object key_object(const cache::ItemFacts& item, UnixSeconds now) {
  json::object out;
  out["key"] = shortened(item.key);
  out["value_size"] = item.value_size;
  out["age"] = age(item.written, now);
  out["expires"] = item.expires;
  out["hits"] = item.hits;
  return out;
}

json::object contents_object(const Request& request, const cache::StoreContents& sum,
                             UnixSeconds now) {
  json::object out;
  out["store"] = request.target;
  out["max_items"] = sum.max_items;
  out["items"] = sum.items;
  out["expired"] = sum.expired;
  out["keysize"] = sum.keysize;
  out["blocksize"] = sum.blocksize;
  if (sum.blocks != 0) out["blocks"] = sum.blocks;
  out["key_bytes"] = sum.key_bytes;
  out["value_bytes"] = sum.value_bytes;
  out["oldest_age"] = age(sum.oldest, now);
  out["newest_age"] = age(sum.newest, now);
  out["hits"] = sum.hits;
  return out;
}

std::string plain(const json::value& value) {
  return value.is_string() ? std::string(value.get_string()) : json::serialize(value);
}

void print_members(const json::object& object) {
  for (const auto& member : object)
    fmt::print("{:<18} {}\n", std::string_view(member.key()), plain(member.value()));
}

void print_table(const json::array& rows) {
  if (rows.empty()) return;
  std::vector<std::vector<std::string>> cells(1);
  for (const auto& member : rows.front().as_object())
    cells[0].emplace_back(member.key());
  for (const json::value& row : rows) {
    std::vector<std::string>& line = cells.emplace_back();
    for (const auto& member : row.as_object())
      line.push_back(plain(member.value()));
  }
  std::vector<std::size_t> widths(cells[0].size(), 0);
  for (const auto& line : cells) {
    for (std::size_t i = 0; i < line.size(); ++i)
      widths[i] = std::max(widths[i], line[i].size());
  }
  for (const auto& line : cells) {
    std::string text;
    for (std::size_t i = 0; i < line.size(); ++i)
      text += fmt::format("{:<{}}", line[i], i + 1 < line.size() ? widths[i] + 2 : 0);
    fmt::print("{}\n", text);
  }
}

void show_store(const Request& request) {
  const UnixSeconds now = unix_now();
  json::array keys;
  const auto sum = cache::read_store(request.target, now, [&](const cache::ItemFacts& item) {
    if (request.keys) keys.push_back(key_object(item, now));
  });
  json::object out = contents_object(request, sum, now);
  if (request.as_json) {
    if (request.keys) out["keys"] = std::move(keys);
    fmt::print("{}\n", json::serialize(out));
    return;
  }
  print_members(out);
  print_table(keys);
}

// Of a document that somebody else wrote: what is not there or is no number is 0.
std::uint64_t number(const json::object& from, std::string_view name) {
  const json::value* found = from.if_contains(name);
  if (found == nullptr) return 0;
  if (const auto* positive = found->if_uint64()) return *positive;
  if (const auto* any = found->if_int64()) return *any < 0 ? 0 : static_cast<std::uint64_t>(*any);
  return 0;
}

const json::array* list(const json::object& from, std::string_view name) {
  const json::value* found = from.if_contains(name);
  return found == nullptr ? nullptr : found->if_array();
}

std::string name_of(const json::object& cache) {
  const json::value* found = cache.if_contains("name");
  return found != nullptr && found->is_string() ? shortened(std::string(found->get_string())) : "";
}

std::string hit_ratio(std::uint64_t hits, std::uint64_t misses) {
  const auto all = static_cast<double>(hits) + static_cast<double>(misses);
  return all == 0 ? "-" : fmt::format("{:.3f}", static_cast<double>(hits) / all);
}

// One row of what both lists say of a cache; `details` are ours, uWSGI has none.
json::object cache_row(const json::object& cache, const json::object* details) {
  json::object row;
  row["name"] = name_of(cache);
  for (const char* member : {"max_items", "items", "blocksize", "hits", "miss", "full"})
    row[member] = number(cache, member);
  row["hit_ratio"] = hit_ratio(number(cache, "hits"), number(cache, "miss"));
  for (const char* member : {"used_bytes", "oldest_age", "evicted", "expired", "repaired",
                             "longest_hold_us", "longest_repair_us"}) {
    if (details != nullptr) row[member] = number(*details, member);
  }
  return row;
}

void show_stats(const Request& request) {
  if (request.keys) {
    throw std::invalid_argument("a stats server does not tell keys: name the store file");
  }
  const json::value document = json::parse(fetch_stats(request.target, patience));
  const json::object* root = document.if_object();
  if (root == nullptr) throw std::runtime_error(request.target + ": no stats document");
  const json::array* caches = list(*root, "caches");
  const json::array* details = list(*root, "cache_details");
  json::array rows;
  for (std::size_t i = 0; caches != nullptr && i < caches->size(); ++i) {
    const json::object* cache = (*caches)[i].if_object();
    const bool described = details != nullptr && i < details->size();
    if (cache != nullptr) {
      rows.push_back(cache_row(*cache, described ? (*details)[i].if_object() : nullptr));
    }
  }
  if (request.as_json) {
    fmt::print("{}\n", json::serialize(json::object{{"caches", std::move(rows)}}));
  } else {
    print_table(rows);
  }
}

bool is_file(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode);
}

}  // namespace

bool is_cache_command(const std::vector<std::string>& arguments) {
  return arguments.size() > 1 && arguments[1] == "cache";
}

int run_cache_command(const std::vector<std::string>& arguments) {
  try {
    const Request request = request_of(arguments);
    if (is_file(request.target)) {
      show_store(request);
    } else {
      show_stats(request);
    }
    return 0;
  } catch (const std::invalid_argument& mistake) {
    fmt::print(stderr, "{}\n{}", mistake.what(), usage);
    return 2;
  } catch (const std::exception& failure) {
    fmt::print(stderr, "{}\n", failure.what());
    return 1;
  }
}

}  // namespace reprise::app
