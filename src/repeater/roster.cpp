#include "repeater/roster.hpp"

namespace reprise::repeater {

bool Roster::refresh() {
  const std::uint64_t generation = room_.generation.load();
  if (generation == generation_) return false;
  entries_.clear();
  by_address_.clear();
  by_number_.clear();
  hosts_.clear();
  for (const Members::State& state : members_.snapshot()) {
    const auto number = static_cast<unsigned>(state.row - room_.members.data());
    const std::size_t place = entries_.size();
    entries_.push_back(
        {number, state.address, state.address.endpoint(), state.right, &room_.members[number]});
    by_address_[state.address] = place;
    by_number_[number] = place;
    if (!gets_everything(state.right)) continue;
    ++hosts_.try_emplace(state.address.host(), Host{place, 0}).first->second.members;
  }
  generation_ = generation;
  return true;
}

const Roster::Entry* Roster::find(const Address& address) const {
  const auto found = by_address_.find(address);
  return found == by_address_.end() ? nullptr : &entries_[found->second];
}

const Roster::Entry* Roster::find(unsigned number) const {
  const auto found = by_number_.find(number);
  return found == by_number_.end() ? nullptr : &entries_[found->second];
}

Roster::OfHost Roster::of_host(const Address& address) const {
  const auto found = hosts_.find(address.host());
  if (found == hosts_.end()) return {};
  return {&entries_[found->second.first], found->second.members == 1};
}

}  // namespace reprise::repeater
