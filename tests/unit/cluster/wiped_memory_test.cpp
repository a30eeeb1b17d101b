// Nothing of a session stays in memory that a member gives back.
#include <malloc.h>

#include <atomic>
#include <cstdlib>
#include <new>

#include <gtest/gtest.h>

#include "harness.hpp"

namespace {

constexpr std::string_view marker = "do not tell anybody";
std::atomic<bool> watches{false};
std::atomic<int> found{0};

void give_back(void* memory) noexcept {
  if (watches && memory != nullptr) {
    const std::string_view bytes(static_cast<const char*>(memory), ::malloc_usable_size(memory));
    if (bytes.find(marker) != std::string_view::npos) ++found;
  }
  std::free(memory);
}

}  // namespace

void* operator new(std::size_t size) {
  if (void* const memory = std::calloc(1, size)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept {
  give_back(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  give_back(memory);
}

namespace reprise::cluster {
namespace {

using namespace testing;

TEST(WipedMemoryTest, WhatTravelledIsInNoMemoryThatWasGivenBack) {
  World world;
  Node& one = world.add();
  Node& other = world.add();
  world.meet();
  const auto make = [&](const std::string& key, std::size_t size) {
    watches = false;
    const std::string filling(size, 'x');
    one.cache().set(key, filling + std::string(marker) + filling, unix_now() + 300, unix_now());
    watches = true;
    one.member().changed(key, one.now());
  };
  // Of growing sizes, many in a datagram, alone, again, as they are, given and fetched.
  for (int i = 0; i < 10; ++i)
    make(id_of(i), 10 + static_cast<std::size_t>(i) * 30);
  for (int i = 10; i < 15; ++i)
    make(id_of(i), 300 + static_cast<std::size_t>(i - 10) * 400);
  make("an item", 1000);
  world.deliver();
  world.loses = [](const Flight& flight) {
    seal::Unreadable why{};
    return seal::read_header(flight.datagram, why)->kind == seal::Kind::push;
  };
  for (int i = 20; i < 40; ++i)
    make(id_of(i), 50);
  const std::string pulled = one.new_id();
  make(pulled, 1500);
  one.member().flush(one.now());
  world.deliver();
  other.seek(pulled);
  world.deliver();
  world.pass(10'000);
  one.stop();
  other.stop();
  watches = false;
  EXPECT_EQ(found, 0);
  EXPECT_TRUE(other.has(pulled));
  EXPECT_TRUE(other.has(id_of(14)));
  EXPECT_TRUE(other.has(id_of(39)));
  EXPECT_TRUE(other.has("an item"));
}

}  // namespace
}  // namespace reprise::cluster
