#include "cluster/sent_pushes.hpp"

namespace reprise::cluster {

void SentPushes::add(Bytes key, bool erased) {
  making_.push_back(static_cast<char>(key.size() & 0xff));
  making_.push_back(static_cast<char>(key.size() >> 8));
  making_.push_back(erased ? 1 : 0);
  making_.append(key);
}

void SentPushes::sent(std::uint64_t push) {
  // Numbers have no gaps, or what was before is of no use.
  if (!pushes_.empty() && push != pushes_.back().number + 1) pushes_.clear(), bytes_ = 0;
  bytes_ += making_.size();
  pushes_.push_back({push, std::exchange(making_, {})});
  while (pushes_.size() > most || (bytes_ > most_bytes && pushes_.size() > 1)) {
    bytes_ -= pushes_.front().keys.size();
    pushes_.pop_front();
  }
}

void SentPushes::clear() {
  making_.clear();
  pushes_.clear();
  bytes_ = 0;
}

}  // namespace reprise::cluster
