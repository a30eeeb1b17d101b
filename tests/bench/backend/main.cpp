// The backend behind every server of the benchmark: one process, HTTP/1.1 with keep-alive on one
// port and the uwsgi protocol on another. Prints both ports as a line of JSON when it listens.

#include <cstdint>
#include <cstdio>
#include <exception>
#include <memory>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>

#include "backend/exchange.hpp"
#include "common/arguments.hpp"
#include "common/poller.hpp"
#include "common/sockets.hpp"

namespace reprise::bench {
namespace {

struct Port {
  UniqueFd listener;
  Protocol protocol;
};

class Backend {
public:
  Backend(const sockaddr_in& http, const sockaddr_in& uwsgi)
      : http_{listen_on(http), Protocol::http}, uwsgi_{listen_on(uwsgi), Protocol::uwsgi} {
    poller_.add(http_.listener.get(), EPOLLIN, &http_);
    poller_.add(uwsgi_.listener.get(), EPOLLIN, &uwsgi_);
    fmt::print("{{\"http\": {}, \"uwsgi\": {}}}\n", port_of(http_.listener.get()),
               port_of(uwsgi_.listener.get()));
    std::fflush(stdout);
  }

  [[noreturn]] void run() {
    for (;;)
      for (const epoll_event& event : poller_.wait(-1)) dispatch(event.data.ptr);
  }

private:
  struct Open {
    Exchange exchange;
    std::uint32_t waits_for;
  };

  void dispatch(void* owner) {
    if (owner == &http_) return accept(http_);
    if (owner == &uwsgi_) return accept(uwsgi_);
    Open& open = *static_cast<Open*>(owner);
    const Exchange::Next next = open.exchange.step();
    if (next == Exchange::Next::close) {
      open_.erase(&open);
      return;
    }
    const std::uint32_t events = next == Exchange::Next::read ? EPOLLIN : EPOLLOUT;
    if (events == open.waits_for) return;
    open.waits_for = events;
    poller_.modify(open.exchange.fd(), events, &open);
  }

  void accept(const Port& port) {
    UniqueFd fd = accept_from(port.listener.get());
    if (!fd) return;
    const int number = fd.get();
    auto open = std::make_unique<Open>(Open{Exchange(std::move(fd), port.protocol), EPOLLIN});
    Open* const key = open.get();
    open_.emplace(key, std::move(open));
    poller_.add(number, EPOLLIN, key);
  }

  Port http_;
  Port uwsgi_;
  Poller poller_;
  std::unordered_map<Open*, std::unique_ptr<Open>> open_;
};

}  // namespace
}  // namespace reprise::bench

int main(int argc, char** argv) {
  try {
    reprise::bench::Arguments arguments(argc, argv);
    const auto http = reprise::bench::parse_address(arguments.text("http", "127.0.0.1:0"));
    const auto uwsgi = reprise::bench::parse_address(arguments.text("uwsgi", "127.0.0.1:0"));
    arguments.finish();
    reprise::bench::Backend(http, uwsgi).run();
  } catch (const std::exception& error) {
    fmt::print(stderr, "bench_backend: {}\n", error.what());
    return 1;
  }
}
