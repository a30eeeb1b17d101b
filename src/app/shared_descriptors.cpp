#include "app/shared_descriptors.hpp"

#include <utility>

namespace reprise::app {
namespace {

constexpr char memory[] = "memory";
constexpr char giver[] = "giver";
constexpr char taker[] = "taker";

}  // namespace

void share(SharedDescriptor& descriptor, const std::string& kind, process::Handover& inherited) {
  const auto part = [&](const char* name) {
    auto fd = inherited.take(kind, name);
    return fd ? std::move(*fd) : UniqueFd();
  };
  descriptor.share({part(memory), part(giver), part(taker)});
}

void hand_over(const SharedDescriptor& descriptor, const std::string& kind,
               process::Handover& handover) {
  if (!descriptor.is_shared()) return;
  const SharedDescriptor::Numbers numbers = descriptor.numbers();
  handover.add(kind, memory, numbers.memory);
  handover.add(kind, giver, numbers.giver);
  handover.add(kind, taker, numbers.taker);
}

}  // namespace reprise::app
