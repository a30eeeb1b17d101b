#include "net/lookup.hpp"

#include <arpa/inet.h>
#include <signal.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <system_error>
#include <thread>
#include <utility>

namespace reprise::net {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds for_one{5'000};
constexpr milliseconds for_all{15'000};

// One question, of a thread that may think about it for longer than anybody waits.
class Question {
public:
  Question(const char* host, const char* service, const addrinfo& hints)
      : host_(host), service_(service), hints_(hints) {}
  ~Question() {
    if (found_ != nullptr) ::freeaddrinfo(found_);
  }
  Question(const Question&) = delete;
  Question& operator=(const Question&) = delete;

  void answer() {
    addrinfo* found = nullptr;
    const int failure = ::getaddrinfo(host_.c_str(), service_.c_str(), &hints_, &found);
    const std::lock_guard held(mutex_);
    failure_ = failure;
    found_ = found;
    answered_.notify_one();
  }

  // EAI_INPROGRESS: not yet.
  int wait(milliseconds patience, addrinfo** found) {
    std::unique_lock held(mutex_);
    answered_.wait_for(held, patience, [this] { return failure_ != EAI_INPROGRESS; });
    *found = std::exchange(found_, nullptr);
    return failure_;
  }

private:
  std::string host_, service_;
  addrinfo hints_;
  std::mutex mutex_;
  std::condition_variable answered_;
  int failure_ = EAI_INPROGRESS;
  addrinfo* found_ = nullptr;
};

// What went before.
struct Patience {
  std::set<std::string> too_slow;
  milliseconds left = for_all;
};

bool is_number(const char* host) {
  in6_addr ignored{};
  return ::inet_pton(AF_INET, host, &ignored) == 1 || ::inet_pton(AF_INET6, host, &ignored) == 1;
}

// A thread of our own, not getaddrinfo_a(): its helpers are believed to be there still by a process
// that was forked a moment later. No signal is for it.
void ask(const std::shared_ptr<Question>& question) {
  sigset_t all, before;
  sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  try {
    std::thread([question] { question->answer(); }).detach();
  } catch (const std::system_error&) {  // no thread to be had: then we wait as long as it takes
    question->answer();
  }
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

}  // namespace

int bounded_lookup(const char* host, const char* service, const addrinfo* hints, addrinfo** found) {
  static Patience patience;
  if (is_number(host)) return ::getaddrinfo(host, service, hints, found);
  if (patience.left.count() <= 0 || patience.too_slow.contains(host)) return EAI_AGAIN;
  const auto question = std::make_shared<Question>(host, service, *hints);
  const auto begin = steady_clock::now();
  ask(question);
  const int state = question->wait(std::min(for_one, patience.left), found);
  patience.left -= std::chrono::duration_cast<milliseconds>(steady_clock::now() - begin);
  if (state != EAI_INPROGRESS) return state;
  patience.too_slow.insert(host);
  return EAI_AGAIN;
}

}  // namespace reprise::net
