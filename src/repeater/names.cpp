#include "repeater/names.hpp"

namespace reprise::repeater {

void Names::learn(std::uint32_t name, unsigned member, std::size_t most, Moment now) {
  const auto known = places_.find(name);
  if (known != places_.end() && known->second.member == member) {
    known->second.heard = now;
    return;
  }
  if (known != places_.end() && now - known->second.heard < longest_dispute) {
    known->second.disputed_until = now + longest_dispute;
    return;
  }
  if (known != places_.end()) std::erase(names_of_[known->second.member].names, name);
  Own& own = names_of_[member];
  if (own.names.size() < most) {
    own.names.push_back(name);
  } else {
    std::uint32_t& place = own.names[own.next++ % most];
    places_.erase(place);
    place = name;
  }
  places_[name] = {member, now, 0};
}

std::optional<unsigned> Names::find(std::uint32_t name, Moment now) const {
  const auto known = places_.find(name);
  if (known == places_.end() || now - known->second.heard > longest_silence) return std::nullopt;
  if (now < known->second.disputed_until) return std::nullopt;
  return known->second.member;
}

}  // namespace reprise::repeater
