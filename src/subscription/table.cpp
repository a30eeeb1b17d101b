#include "subscription/table.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <new>

#include "subscription/turn.hpp"

namespace reprise::subscription {
namespace {

using std::chrono::duration_cast;
using std::chrono::milliseconds;

constexpr std::uint64_t layout_magic = 0x5265707269736501;  // "Reprise", version 1
constexpr std::size_t alignment = 64;
constexpr std::uint32_t largest_pool = 256;  // that a turn is taken in
constexpr std::uint32_t sweep_slice = 256;   // nodes looked at under one lock

std::size_t aligned(std::size_t size) {
  return (size + alignment - 1) / alignment * alignment;
}

struct Places {
  std::size_t buckets, pools, sources, nodes, end;
};

Places places_for(const Table::Size& size) {
  Places places{};
  places.buckets = aligned(sizeof(Header));
  places.pools = places.buckets + aligned(size.keys * sizeof(std::uint32_t));
  places.sources = places.pools + aligned(size.keys * sizeof(PoolSlot));
  places.nodes = places.sources + aligned(size.nodes * sizeof(std::uint64_t));
  places.end = places.nodes + aligned(size.nodes * sizeof(NodeSlot));
  return places;
}

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

bool same_key(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

std::int64_t ms(std::chrono::steady_clock::time_point moment) {
  return duration_cast<milliseconds>(moment.time_since_epoch()).count();
}

}  // namespace

std::uint32_t hash_of(std::string_view key) {
  std::uint32_t hash = 5381;
  for (const char c : key)
    hash = hash * 33 ^ static_cast<std::uint32_t>(static_cast<signed char>(c));
  return hash % 65535;
}

Table::Table(Size size, shm::Region region)
    : size_(size), region_(std::move(region)), header_(reinterpret_cast<Header*>(region_.data())) {
  const Places places = places_for(size);
  buckets_ = reinterpret_cast<std::uint32_t*>(region_.data() + places.buckets);
  pools_ = reinterpret_cast<PoolSlot*>(region_.data() + places.pools);
  sources_ = reinterpret_cast<std::uint64_t*>(region_.data() + places.sources);
  nodes_ = reinterpret_cast<NodeSlot*>(region_.data() + places.nodes);
}

Table::Table(std::string_view name, Size size)
    : Table(size, shm::Region::create(name, places_for(size).end)) {
  ::new (static_cast<void*>(header_)) Header;
  std::fill_n(buckets_, size_.keys, nowhere);
  header_->max_pools = size_.keys;
  header_->max_nodes = size_.nodes;
  header_->magic = layout_magic;
}

shm::RobustMutex::Held Table::lock() const {
  return header_->mutex.lock_or_repair([this] { repair(); });
}

// Of everything that is under way only slots count, by whether they are in use.
void Table::repair() const noexcept {
  std::fill_n(buckets_, size_.keys, nowhere);
  header_->pools = header_->nodes = 0;
  for (std::uint32_t i = 0; i < header_->pools_high; ++i) {
    if (!pools_[i].used) continue;
    pools_[i].first = pools_[i].last = nowhere;
    pools_[i].nodes = 0;
    insert_into_bucket(i);
    ++header_->pools;
  }
  for (std::uint32_t i = 0; i < header_->nodes_high; ++i) {
    NodeSlot& node = nodes_[i];
    if (!node.used) continue;
    if (node.pool >= header_->pools_high || !pools_[node.pool].used) {
      node.used = false;
      continue;
    }
    append(pools_[node.pool], i);
    ++header_->nodes;
  }
  for (std::uint32_t i = 0; i < header_->pools_high; ++i) {
    if (pools_[i].used && pools_[i].nodes == 0) remove_pool(i);
  }
}

std::uint32_t Table::bucket_of(std::string_view key) const {
  std::uint32_t hash = 5381;
  for (const char c : key)
    hash = hash * 33 ^ static_cast<unsigned char>(lower(c));
  return hash % size_.keys;
}

std::uint32_t Table::find_pool(std::string_view key) const {
  std::uint32_t place = buckets_[bucket_of(key)];
  while (place != nowhere && !same_key(pools_[place].key.get(), key))
    place = pools_[place].next;
  return place;
}

NodeSlot* Table::find_node(const PoolSlot& pool, std::string_view address) const {
  for (std::uint32_t i = pool.first; i != nowhere; i = nodes_[i].next) {
    if (nodes_[i].address.get() == address) return &nodes_[i];
  }
  return nullptr;
}

void Table::insert_into_bucket(std::uint32_t pool) const {
  std::uint32_t& head = buckets_[bucket_of(pools_[pool].key.get())];
  pools_[pool].next = head;
  head = pool;
}

// Behind those that came before it.
void Table::append(PoolSlot& pool, std::uint32_t node) const {
  std::uint32_t before = nowhere;
  const std::uint64_t sequence = nodes_[node].sequence;
  if (pool.last != nowhere && nodes_[pool.last].sequence < sequence) {
    before = pool.last;
  } else {
    for (std::uint32_t i = pool.first; i != nowhere && nodes_[i].sequence < sequence;
         i = nodes_[i].next)
      before = i;
  }
  std::uint32_t& link = before == nowhere ? pool.first : nodes_[before].next;
  nodes_[node].next = link;
  link = node;
  if (nodes_[node].next == nowhere) pool.last = node;
  ++pool.nodes;
}

std::uint32_t Table::add_pool(std::string_view key) const {
  std::uint32_t place = 0;
  if (header_->pools < header_->pools_high) {
    while (pools_[place].used)
      ++place;
  } else {
    place = header_->pools_high;
    ++header_->pools_high;
  }
  PoolSlot& pool = *::new (static_cast<void*>(&pools_[place])) PoolSlot;
  pool.key.set(key);
  pool.used = true;
  ++header_->pools;
  insert_into_bucket(place);
  return place;
}

NodeSlot& Table::add_node(std::uint32_t pool, const NodeFacts& facts) const {
  std::uint32_t place = 0;
  if (header_->nodes < header_->nodes_high) {
    while (nodes_[place].used)
      ++place;
  } else {
    place = header_->nodes_high;
    ++header_->nodes_high;
  }
  NodeSlot& node = *::new (static_cast<void*>(&nodes_[place])) NodeSlot;
  sources_[place] = facts.source;
  node.pool = pool;
  node.sequence = ++header_->sequence;
  node.endpoint = facts.endpoint;
  node.address.set(facts.address);
  node.modifier1 = facts.modifier1;
  node.modifier2 = facts.modifier2;
  node.used = true;
  ++header_->nodes;
  append(pools_[pool], place);
  return node;
}

void Table::remove_pool(std::uint32_t pool) const {
  std::uint32_t* link = &buckets_[bucket_of(pools_[pool].key.get())];
  while (*link != nowhere && *link != pool)
    link = &pools_[*link].next;
  if (*link == pool) *link = pools_[pool].next;
  pools_[pool].used = false;
  --header_->pools;
}

void Table::remove_node(std::uint32_t node) const {
  PoolSlot& pool = pools_[nodes_[node].pool];
  std::uint32_t before = nowhere;
  for (std::uint32_t i = pool.first; i != nowhere && i != node; i = nodes_[i].next)
    before = i;
  (before == nowhere ? pool.first : nodes_[before].next) = nodes_[node].next;
  if (pool.last == node) pool.last = before;
  --pool.nodes;
  nodes_[node].used = false;
  --header_->nodes;
  if (pool.nodes == 0) remove_pool(nodes_[node].pool);
}

bool Table::has_room_for(const NodeFacts& facts, std::uint32_t pool, Outcome& why) const {
  why = Outcome::full;
  if (pool == nowhere && header_->pools == size_.keys) return false;
  if (header_->nodes == size_.nodes) return false;
  why = Outcome::too_many;
  if (pool != nowhere && pools_[pool].nodes >= std::min(size_.nodes_of_key, largest_pool)) {
    return false;
  }
  std::uint32_t of_source = 0;
  for (std::uint32_t i = 0; i < header_->nodes_high; ++i) {
    if (sources_[i] == facts.source && nodes_[i].used) ++of_source;
  }
  return of_source < size_.nodes_of_source;
}

Table::Outcome Table::announce(const NodeFacts& facts, const Moment& now) {
  const auto held = lock();
  std::uint32_t pool = find_pool(facts.key);
  NodeSlot* node = pool == nowhere ? nullptr : find_node(pools_[pool], facts.address);
  Outcome outcome = Outcome::known;
  if (node == nullptr) {
    if (!has_room_for(facts, pool, outcome)) return outcome;
    outcome = pool == nowhere ? Outcome::new_pool : Outcome::new_node;
    if (pool == nowhere) pool = add_pool(facts.key);
    node = &add_node(pool, facts);
  }
  node->cores = facts.cores;
  node->load = facts.load;
  node->weight = std::max<std::uint64_t>(1, facts.weight);
  node->modifier1 = facts.modifier1;
  node->modifier2 = facts.modifier2;
  node->pid = facts.pid;
  node->uid = facts.uid;
  node->gid = facts.gid;
  node->last_check = now.unix;
  node->seen = ms(now.steady);
  node->dead = false;
  node->last_requests.set(0);
  return outcome;
}

void Table::mark_dead(NodeSlot& node) const {
  if (node.dead) return;
  node.dead = true;
  ++node.failures;
}

bool Table::leave(std::string_view key, std::string_view address) {
  const auto held = lock();
  const std::uint32_t pool = find_pool(key);
  NodeSlot* const node = pool == nowhere ? nullptr : find_node(pools_[pool], address);
  if (node == nullptr) return false;
  mark_dead(*node);
  if (node->references() == 0) remove_node(static_cast<std::uint32_t>(node - nodes_));
  return true;
}

std::vector<Table::Silent> Table::sweep(const Moment& now, std::chrono::seconds tolerance) {
  std::vector<Silent> silent;
  const std::int64_t since = ms(now.steady) - milliseconds(tolerance).count();
  for (std::uint32_t from = 0; from < size_.nodes; from += sweep_slice) {
    const auto held = lock();
    if (from >= header_->nodes_high) break;
    const std::uint32_t end = std::min(from + sweep_slice, header_->nodes_high);
    for (std::uint32_t i = from; i < end; ++i) {
      NodeSlot& node = nodes_[i];
      if (!node.used) continue;
      if (!node.dead && node.seen < since) {
        mark_dead(node);
        header_->counters.silent.add();
        silent.push_back({std::string(pools_[node.pool].key.get()), std::string(node.address.get()),
                          static_cast<std::uint64_t>(ms(now.steady) - node.seen) / 1000});
      }
      if (node.dead && node.references() == 0) remove_node(i);
    }
  }
  return silent;
}

std::optional<Lease> Table::choose(const Question& question, const Moment& now) {
  const auto held = lock();
  const std::uint32_t place = find_pool(question.key);
  if (place == nowhere) return std::nullopt;
  ++pools_[place].hits;
  const std::int64_t since = ms(now.steady) - milliseconds(question.tolerance).count();
  std::array<NodeSlot*, largest_pool> living;
  std::size_t count = 0;
  for (std::uint32_t i = pools_[place].first; i != nowhere; i = nodes_[i].next) {
    if (!nodes_[i].dead && nodes_[i].seen >= since && count < living.size()) {
      living[count++] = &nodes_[i];
    }
  }
  NodeSlot* const node = take_turn(question.algorithm, {living.data(), count}, question.client);
  if (node == nullptr) return std::nullopt;
  return Lease(*this, *node, question.worker);
}

void Table::forget(std::size_t worker) {
  const auto held = lock();
  for (std::uint32_t i = 0; i < header_->nodes_high; ++i)
    nodes_[i].in_use[worker].store(0, std::memory_order_relaxed);
}

void Table::mark_failed(NodeSlot& node) const {
  const auto held = lock();
  if (!node.dead) header_->counters.failed.add();
  mark_dead(node);
}

Lease::Lease(const Table& table, NodeSlot& node, std::size_t worker)
    : table_(&table), node_(&node), worker_(worker) {
  node_->in_use[worker_].fetch_add(1, std::memory_order_relaxed);
}

Lease& Lease::operator=(Lease&& other) noexcept {
  if (this == &other) return *this;
  give_back();
  table_ = std::exchange(other.table_, nullptr);
  node_ = other.node_;
  worker_ = other.worker_;
  return *this;
}

void Lease::give_back() noexcept {
  if (table_ != nullptr) node_->in_use[worker_].fetch_sub(1, std::memory_order_relaxed);
}

}  // namespace reprise::subscription
