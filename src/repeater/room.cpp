#include "repeater/room.hpp"

#include <new>
#include <stdexcept>

#include <openssl/rand.h>

namespace reprise::repeater {
namespace {

constexpr char region_name[] = "reprise-repeater";
// "Repeat", a version, and what an other layout most likely has otherwise.
constexpr std::uint64_t layout_magic = 0x5265706561740000 + 2 + (sizeof(Room) << 8);

template <class Key>
void draw(Key& into) {
  if (::RAND_bytes(reinterpret_cast<unsigned char*>(into.data()), sizeof into) != 1)
    throw std::runtime_error("no random bytes");
}

shm::Region fitting(UniqueFd inherited) {
  if (shm::Region::size_of(inherited.get()) == sizeof(Room)) {
    shm::Region region = shm::Region::adopt(std::move(inherited), sizeof(Room));
    if (reinterpret_cast<const Room*>(region.data())->magic == layout_magic) return region;
  }
  return shm::Region::create(region_name, sizeof(Room));
}

}  // namespace

const char* name_of(Right right) {
  switch (right) {
    case Right::none:
      return "none";
    case Right::cookie:
      return "cookie";
    case Right::trusted:
      return "trusted";
    case Right::signed_for:
      return "signed";
    case Right::configured:
      return "static";
  }
  return "";
}

SharedRoom::SharedRoom() : region_(shm::Region::create(region_name, sizeof(Room))) {
  furnish();
}

SharedRoom::SharedRoom(UniqueFd inherited) : region_(fitting(std::move(inherited))) {
  furnish();
}

void SharedRoom::furnish() {
  room_ = reinterpret_cast<Room*>(region_.data());
  if (room_->magic == layout_magic) return;
  ::new (static_cast<void*>(room_)) Room;
  draw(room_->cookie_key);
  draw(room_->fingerprint_key);
  room_->magic = layout_magic;
}

}  // namespace reprise::repeater
