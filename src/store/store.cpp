#include "store/store.hpp"

#include <algorithm>

#include "store/link.hpp"

namespace reprise::store {

Store::Store(net::asio::io_context& io, const Reach& reach, bool cluster, std::span<ServerRow> rows,
             WorkerRow& counters)
    : io_(io),
      budget_(reach.budget),
      counters_(counters),
      engine_(cluster ? make_cluster_engine(io, reach, rows)
                      : make_sharded_engine(io, reach, rows)) {
  counters_.suspended.set(0);  // those of the process that was here before are gone
}

std::unique_ptr<Store::Search> Store::seek(const std::vector<std::string>& names, Refusal& why) {
  why = Refusal::too_many;
  if (searches_ >= most_searches) {
    counters_.refused.add();
    return nullptr;
  }
  std::unique_ptr<Search> search(new Search(*this));
  search->waiting_.reserve(names.size());
  for (const std::string& name : names) {
    auto waiting = std::make_shared<Waiting>();
    waiting->whom = &search->timer_;
    waiting->wake = [](void* timer) { static_cast<net::Timer*>(timer)->cancel(); };
    if (engine_->get(name, waiting)) search->waiting_.push_back(std::move(waiting));
  }
  why = search->waiting_.empty() ? Refusal::unavailable : Refusal::none;
  if (why == Refusal::none) return search;
  counters_.unavailable.add();
  return nullptr;
}

void Store::keep(std::string name, std::string value, std::uint32_t seconds) {
  engine_->set(std::move(name), std::move(value), seconds);
}

void Store::forget(std::string name) {
  engine_->erase(std::move(name));
}

Store::Search::Search(Store& store)
    : store_(store), timer_(store.io_), end_(Clock::now() + store.budget_) {
  ++store_.searches_;
  store_.counters_.suspended.set(store_.searches_);
  if (store_.searches_ > store_.counters_.most_suspended.get())
    store_.counters_.most_suspended.set(store_.searches_);
}

Store::Search::~Search() {
  for (const auto& waiting : waiting_) {
    waiting->wake = nullptr;
    waiting->abandoned = true;
  }
  --store_.searches_;
  store_.counters_.suspended.set(store_.searches_);
}

bool Store::Search::is_over() const {
  const auto has_value = [](const auto& waiting) { return waiting->value.has_value(); };
  const auto is_done = [](const auto& waiting) { return waiting->over; };
  return std::any_of(waiting_.begin(), waiting_.end(), has_value) ||
         std::all_of(waiting_.begin(), waiting_.end(), is_done);
}

net::awaitable<Store::Search::Outcome> Store::Search::ended() {
  Outcome outcome;
  while (!is_over()) {
    const auto left = end_ - Clock::now();
    if (left <= Clock::duration::zero()) break;
    co_await timer_.wait(left);
  }
  for (const auto& waiting : waiting_) {
    waiting->abandoned = true;
    if (waiting->value) {
      outcome.values.push_back(std::move(*waiting->value));
    } else if (!waiting->over) {
      outcome.timed_out = true;
    }
  }
  if (!outcome.values.empty()) outcome.timed_out = false;
  // One search is one failure of a server, under however many names it was asked.
  std::vector<Link*> silent;
  for (const auto& waiting : waiting_) {
    if (waiting->over || !outcome.timed_out || waiting->link == nullptr) continue;
    if (std::find(silent.begin(), silent.end(), waiting->link) == silent.end())
      silent.push_back(waiting->link);
  }
  for (Link* const link : silent)
    link->gave_up();
  co_return outcome;
}

}  // namespace reprise::store
