#include "cluster/jobs.hpp"

#include <cstring>

#include "cluster/fingerprint.hpp"

namespace reprise::cluster {

std::size_t Jobs::Hash::operator()(const Key& key) const {
  std::uint64_t name = 0;
  std::memcpy(&name, key.to.data(), sizeof name);
  return mixed(name ^ mixed(key.number + static_cast<std::uint64_t>(key.what)));
}

// Where memory ends half-way, something is done twice at most.
bool Jobs::add(const Job& job, Moment now) {
  forget(now);
  const auto of_one = waiting_of_.find(job.to);
  const std::size_t its_own = of_one == waiting_of_.end() ? 0 : of_one->second;
  if (its_own >= most - waiting_.size() || known_.size() >= 2 * most) return false;
  const Key key{job.to, job.what, job.number};
  if (known_.contains(key)) return false;
  waiting_.push_back(job);
  ++waiting_of_[job.to];
  known_.insert(key);
  return true;
}

std::optional<Job> Jobs::next(Moment now) {
  if (waiting_.empty()) return std::nullopt;
  const Job job = waiting_.front();
  done_.emplace_back(now, Key{job.to, job.what, job.number});
  waiting_.pop_front();
  const auto of_one = waiting_of_.find(job.to);
  if (of_one != waiting_of_.end() && --of_one->second == 0) waiting_of_.erase(of_one);
  return job;
}

void Jobs::forget(Moment now) {
  for (; !done_.empty() && now - done_.front().first >= memory; done_.pop_front())
    known_.erase(done_.front().second);
}

}  // namespace reprise::cluster
