#include "router/buffer_pool.hpp"

#include <cstring>
#include <vector>

#include <gtest/gtest.h>

namespace reprise::router {
namespace {

TEST(BufferPool, LendsWholeBuffers) {
  BufferPool pool;
  const BufferPool::Lease lease = pool.borrow();
  ASSERT_TRUE(lease);
  ASSERT_EQ(lease.bytes().size(), BufferPool::buffer_size);
  std::memset(lease.bytes().data(), 'x', lease.bytes().size());
  EXPECT_EQ(pool.borrowed(), 1U);
}

TEST(BufferPool, NoTwoLeasesShareMemory) {
  BufferPool pool;
  const auto one = pool.borrow(), other = pool.borrow();
  EXPECT_NE(one.bytes().data(), other.bytes().data());
  EXPECT_EQ(pool.borrowed(), 2U);
}

TEST(BufferPool, TakesBackAtTheEndOfALease) {
  BufferPool pool;
  { const auto lease = pool.borrow(); }
  EXPECT_EQ(pool.borrowed(), 0U);
  auto lease = pool.borrow();
  lease.release();
  EXPECT_FALSE(lease);
  EXPECT_TRUE(lease.bytes().empty());
  EXPECT_EQ(pool.borrowed(), 0U);
  lease.release();
  EXPECT_EQ(pool.borrowed(), 0U) << "only once";
}

TEST(BufferPool, LendsTheLastOneAgainFirst) {
  BufferPool pool;
  auto lease = pool.borrow();
  const char* const memory = lease.bytes().data();
  lease.release();
  EXPECT_EQ(pool.borrow().bytes().data(), memory);
}

TEST(BufferPool, ALeaseMoves) {
  BufferPool pool;
  BufferPool::Lease first = pool.borrow();
  const char* const memory = first.bytes().data();
  BufferPool::Lease second = std::move(first);
  EXPECT_FALSE(first);  // NOLINT: what is left of it
  EXPECT_EQ(second.bytes().data(), memory);
  EXPECT_EQ(pool.borrowed(), 1U);
  second = pool.borrow();
  EXPECT_EQ(pool.borrowed(), 1U) << "what it held before went back";
  BufferPool::Lease third;
  third = std::move(second);
  EXPECT_TRUE(third);
  third = BufferPool::Lease();
  EXPECT_EQ(pool.borrowed(), 0U);
}

TEST(BufferPool, ABurstComesAndGoes) {
  BufferPool pool;
  std::vector<BufferPool::Lease> burst;
  for (int i = 0; i < 100; ++i)
    burst.push_back(pool.borrow());
  EXPECT_EQ(pool.borrowed(), 100U);
  burst.clear();
  EXPECT_EQ(pool.borrowed(), 0U);
  EXPECT_TRUE(pool.borrow());
}

}  // namespace
}  // namespace reprise::router
