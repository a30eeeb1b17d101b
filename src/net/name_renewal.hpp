#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "net/address.hpp"

namespace reprise::net {

// A host name whose address may change: asked for again now and then, in a thread, since resolvers
// make one wait.
class NameRenewal {
public:
  using Clock = std::chrono::steady_clock;
  // Throws if there is no answer.
  using Resolve = std::function<Endpoint(const std::string&)>;

  static constexpr std::chrono::seconds period{30};

  static Endpoint from_system(const std::string& address);

  // `now`: it was resolved just so.
  NameRenewal(std::string address, Clock::time_point now, Resolve resolve = from_system);

  // The answer that has come since the last look, if any. Begins to ask when it is time.
  std::optional<Endpoint> look(Clock::time_point now);

  // It is time: nobody answers at the address that is known.
  void hurry() { next_ = Clock::time_point::min(); }

private:
  struct Question {
    std::optional<Endpoint> answer;
    std::atomic<bool> done = false;  // written after the answer
  };

  void ask();

  std::string address_;
  Resolve resolve_;
  Clock::time_point next_;
  std::shared_ptr<Question> question_;  // the thread has it too, and may outlive this
};

}  // namespace reprise::net
