#include "net/name_renewal.hpp"

#include <signal.h>

#include <system_error>
#include <thread>
#include <utility>

namespace reprise::net {

NameRenewal::NameRenewal(std::string address, Clock::time_point now, Resolve resolve)
    : address_(std::move(address)), resolve_(std::move(resolve)), next_(now + period) {}

Endpoint NameRenewal::from_system(const std::string& address) {
  return resolve(address, Role::connect);
}

std::optional<Endpoint> NameRenewal::look(Clock::time_point now) {
  if (question_) {
    if (!question_->done.load(std::memory_order_acquire)) return std::nullopt;
    return std::exchange(question_, nullptr)->answer;
  }
  if (now < next_) return std::nullopt;
  next_ = now + period;
  ask();
  return std::nullopt;
}

void NameRenewal::ask() {
  const auto question = std::make_shared<Question>();
  // Signals are for the thread of the event loop.
  sigset_t all, before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  try {
    std::thread([question, address = address_, resolve = resolve_] {
      try {
        question->answer = resolve(address);
      } catch (const std::exception&) {
        // What is known stays.
      }
      question->done.store(true, std::memory_order_release);
    }).detach();
    question_ = question;
  } catch (const std::system_error&) {
    // No thread to be had: another time.
  }
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

}  // namespace reprise::net
