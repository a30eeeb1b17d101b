#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "repeater/moment.hpp"

namespace reprise::repeater {

// Behind which member a sender's name was heard last: what is addressed to it goes there alone, as
// a switch learns. A name's first four bytes; nobody checks whose it is: who lies diverts sealed
// bytes, no more.
class Names {
public:
  static constexpr Moment longest_silence = 60'000;
  // A name that two members were heard under is nobody's for so long: what is for it goes to all.
  static constexpr Moment longest_dispute = 10'000;
  static constexpr std::size_t of_node = 8;         // names of one member
  static constexpr std::size_t of_repeater = 4096;  // or of one that was configured

  // `most`: names that this member may have; the one that was learned first gives way.
  void learn(std::uint32_t name, unsigned member, std::size_t most, Moment now);
  std::optional<unsigned> find(std::uint32_t name, Moment now) const;

  // Those of other members than these are no more.
  template <class Stays>
  void keep(Stays stays) {
    std::erase_if(names_of_, [&](const auto& own) { return !stays(own.first); });
    std::erase_if(places_, [&](const auto& place) { return !stays(place.second.member); });
  }

  std::size_t size() const { return places_.size(); }

private:
  struct Place {
    unsigned member;
    Moment heard;
    Moment disputed_until;
  };

  struct Own {
    std::vector<std::uint32_t> names;
    std::size_t next = 0;  // to give way
  };

  std::unordered_map<std::uint32_t, Place> places_;
  std::unordered_map<unsigned, Own> names_of_;
};

}  // namespace reprise::repeater
