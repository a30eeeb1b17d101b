#include "app/collect_store.hpp"

#include <algorithm>

namespace reprise::app {
namespace {

using Server = stats::StoreSnapshot::Server;

// In the order of the enumerators.
constexpr const char* opened_names[] = {"good",   "malformed", "foreign",
                                        "forged", "over",      "implausible"};

struct CounterName {
  const char* name;
  shm::Counter store::ServerRow::*counter;
};

constexpr CounterName counter_names[] = {
    {"connected", &store::ServerRow::connected},
    {"connections", &store::ServerRow::connections},
    {"look_ups", &store::ServerRow::look_ups},
    {"hits", &store::ServerRow::hits},
    {"misses", &store::ServerRow::misses},
    {"timed_out", &store::ServerRow::timed_out},
    {"failed", &store::ServerRow::failed},
    {"late", &store::ServerRow::late},
    {"writes", &store::ServerRow::writes},
    {"deletes", &store::ServerRow::deletes},
    {"dropped", &store::ServerRow::dropped},
    {"queued", &store::ServerRow::queued},
    {"bytes_in", &store::ServerRow::bytes_in},
    {"bytes_out", &store::ServerRow::bytes_out},
    {"breaker_opened", &store::ServerRow::breaker_opened},
};

// One server over all workers.
class Sum {
public:
  explicit Sum(std::string address) {
    server_.address = std::move(address);
    for (const CounterName& each : counter_names)
      server_.counters.emplace_back(each.name, 0);
    for (std::size_t i = 0; i < store::troubles; ++i)
      server_.errors.emplace_back(store::name_of(static_cast<store::Trouble>(i)), 0);
  }
  const std::string& address() const { return server_.address; }

  void add(const store::ServerRow& row) {
    for (std::size_t i = 0; i < std::size(counter_names); ++i)
      server_.counters[i].second += (row.*counter_names[i].counter).get();
    for (std::size_t i = 0; i < store::troubles; ++i)
      server_.errors[i].second += row.trouble[i].get();
    const std::uint64_t breaker = row.breaker.get();
    if (breaker < breakers_.size()) ++breakers_[breaker];
    times_.add(row.look_up_time);
  }

  Server take() {
    for (std::size_t i = 0; i < breakers_.size(); ++i)
      server_.breaker.emplace_back(store::name_of(static_cast<store::BreakerState>(i)),
                                   breakers_[i]);
    const shm::Histogram::Summary summary = times_.summary();
    server_.look_up_time = {summary.count, summary.p50, summary.p90, summary.p99};
    return std::move(server_);
  }

private:
  Server server_;
  std::array<std::uint64_t, 3> breakers_{};  // workers by its state
  shm::Histogram times_;
};

}  // namespace

stats::StoreSnapshot snapshot_of(const ExternalStore& store) {
  stats::StoreSnapshot out;
  std::array<std::uint64_t, 6> totals{};
  std::array<std::uint64_t, std::size(opened_names)> opened{};
  for (std::size_t i = 0; i < store.workers().size(); ++i) {
    const store::WorkerRow& row = store.workers().row(i);
    const shm::Counter* const counters[] = {&row.suspended,   &row.most_suspended, &row.refused,
                                            &row.unavailable, &row.known_absent,   &row.found};
    for (std::size_t j = 0; j < totals.size(); ++j)
      totals[j] += counters[j]->get();
    for (std::size_t j = 0; j < opened.size(); ++j)
      opened[j] += row.opened[j].get();
  }
  constexpr const char* names[] = {"suspended",   "most_suspended", "refused",
                                   "unavailable", "known_absent",   "found"};
  for (std::size_t i = 0; i < totals.size(); ++i)
    out.counters.emplace_back(names[i], totals[i]);
  for (std::size_t i = 0; i < opened.size(); ++i)
    out.values.emplace_back(opened_names[i], opened[i]);
  std::vector<std::unique_ptr<Sum>> sums;
  for (std::size_t i = 0; i < store.servers().size(); ++i) {
    const store::ServerRow& row = store.servers().row(i);
    std::string address = row.name();
    if (address.empty()) continue;
    auto sum = std::find_if(sums.begin(), sums.end(),
                            [&](const auto& each) { return each->address() == address; });
    if (sum == sums.end()) sum = sums.insert(sum, std::make_unique<Sum>(std::move(address)));
    (*sum)->add(row);
  }
  for (const auto& sum : sums)
    out.servers.push_back(sum->take());
  return out;
}

}  // namespace reprise::app
