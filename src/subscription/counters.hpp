#pragma once

#include <array>

#include "shm/counter.hpp"
#include "subscription/rejection.hpp"

namespace reprise::subscription {

// What one router's servers heard, in shared memory.
struct Counters {
  shm::Counter received;  // datagrams
  shm::Counter announces;
  shm::Counter leaves;                // of nodes that were known
  shm::Counter silent;                // nodes that left without a word
  shm::Counter failed;                // nodes that could not be reached
  shm::Counter certificates_ignored;  // announces that named a certificate
  std::array<shm::Counter, rejections> rejected;

  void reject(Rejection reason) { rejected[static_cast<std::size_t>(reason)].add(); }
};

}  // namespace reprise::subscription
