#include "net/lookup.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <set>
#include <string>

namespace reprise::net {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds for_one{5'000};
constexpr milliseconds for_all{15'000};

// What the resolver holds on to, maybe longer than anybody waits.
struct Question {
  std::string host, service;
  addrinfo hints{};
  gaicb request{};
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

timespec time_of(milliseconds time) {
  return {time.count() / 1000, time.count() % 1000 * 1'000'000};
}

// EAI_INPROGRESS: not yet.
int wait_for(const gaicb* request, milliseconds patience) {
  const auto until = steady_clock::now() + patience;
  for (;;) {
    const int state = ::gai_error(const_cast<gaicb*>(request));
    const auto left = std::chrono::duration_cast<milliseconds>(until - steady_clock::now());
    if (state != EAI_INPROGRESS || left.count() <= 0) return state;
    const timespec time = time_of(left);
    ::gai_suspend(&request, 1, &time);
  }
}

}  // namespace

int bounded_lookup(const char* host, const char* service, const addrinfo* hints, addrinfo** found) {
  static Patience patience;
  if (is_number(host)) return ::getaddrinfo(host, service, hints, found);
  if (patience.left.count() <= 0 || patience.too_slow.contains(host)) return EAI_AGAIN;
  auto question = std::make_unique<Question>(Question{host, service, *hints, {}});
  question->request.ar_name = question->host.c_str();
  question->request.ar_service = question->service.c_str();
  question->request.ar_request = &question->hints;
  gaicb* requests[] = {&question->request};
  if (const int failure = ::getaddrinfo_a(GAI_NOWAIT, requests, 1, nullptr); failure != 0) {
    return failure;
  }
  const auto begin = steady_clock::now();
  const int state = wait_for(requests[0], std::min(for_one, patience.left));
  patience.left -= std::chrono::duration_cast<milliseconds>(steady_clock::now() - begin);
  if (state == EAI_INPROGRESS) {
    patience.too_slow.insert(host);
    static_cast<void>(question.release());  // the resolver's
    return EAI_AGAIN;
  }
  *found = question->request.ar_result;
  return state;
}

}  // namespace reprise::net
