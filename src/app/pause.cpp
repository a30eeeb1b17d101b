#include "app/pause.hpp"

#include <system_error>

namespace reprise::app {
namespace {

constexpr char kind[] = "pause";
constexpr std::size_t size = sizeof(shm::Counter);

shm::Region make_region(process::Handover& inherited) {
  if (auto former = inherited.take(kind, kind)) {
    try {
      return shm::Region::adopt(std::move(*former), size);
    } catch (const std::system_error&) {  // of a program that has it otherwise
    }
  }
  return shm::Region::create("reprise-pause", size);
}

}  // namespace

Pause::Pause(process::Handover& inherited, Purpose purpose) : region_(make_region(inherited)) {
  if (purpose != Purpose::check) flag().set(0);
}

void Pause::hand_over(process::Handover& handover) const {
  handover.add(kind, kind, region_.fd());
}

}  // namespace reprise::app
