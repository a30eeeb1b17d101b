#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "store/counters.hpp"

namespace reprise::store {

using Clock = std::chrono::steady_clock;

class Link;

// Whoever waits for what is under a name. He may be gone before it comes.
struct Waiting {
  std::optional<std::string> value;
  bool over = false;       // the answer is there, or will not come
  bool abandoned = false;  // nobody waits any more
  Link* link = nullptr;    // that was asked last; null: none was
  // Wakes him; not set once he is gone.
  void (*wake)(void*) = nullptr;
  void* whom = nullptr;

  void end() {
    over = true;
    if (wake != nullptr) wake(whom);
  }
};

enum class Verb : std::uint8_t {
  get,
  set,
  erase,
  hello,   // one of those that a connection begins with
  probe,   // whether it answers
  asking,  // Redis Cluster: the next is meant for you all the same
  slots,   // Redis Cluster: who has what
};

struct Request {
  Verb verb = Verb::get;
  std::string name;
  std::string value;                 // of a set
  std::uint32_t seconds = 0;         // that it is to be kept
  std::shared_ptr<Waiting> waiting;  // of a get
  Clock::time_point asked{};
  int redirections = 0;

  bool is_write() const { return verb == Verb::set || verb == Verb::erase; }
};

enum class Answer : std::uint8_t {
  value,
  absent,
  done,
  moved,  // Redis Cluster: `text` has it, from now on
  ask,    // the same, this time
  slots,
  not_ready,
  full,
  denied,
  too_large,
  unfit,  // what is under the name cannot be a session; the server is well
  refused,
};

// What a stretch of a cluster's slots has.
struct SlotRange {
  std::uint16_t first = 0, last = 0;
  std::string host;  // as it is told; empty: whoever told it
  std::uint16_t port = 0;
};

struct Reply {
  Answer answer = Answer::done;
  std::string text;  // a value; where it has moved to; what a server says of an error
  std::vector<SlotRange> slots;
};

// Of an answer that is an error.
std::optional<Trouble> trouble_of(Answer answer);

}  // namespace reprise::store
