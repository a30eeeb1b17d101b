// The practical floor: what TLS, TCP and a relay cost when nothing is parsed, timed or counted.
// OpenSSL on the descriptors, level-triggered epoll, forked workers, sessions in shared memory.

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <exception>
#include <memory>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include <fmt/format.h>

#include "common/arguments.hpp"
#include "common/sockets.hpp"
#include "floor/context.hpp"
#include "floor/relay.hpp"

namespace reprise::bench {
namespace {

class Worker {
public:
  Worker(int listener, SSL_CTX* context, const sockaddr_in& backend)
      : listener_(listener), context_(context), backend_(backend) {
    poller_.add(listener_, EPOLLIN | EPOLLEXCLUSIVE, this);
  }

  [[noreturn]] void run() {
    for (;;) {
      std::unordered_set<Relay*> ended;  // kept to the end of the round: both sides may have events
      for (const epoll_event& event : poller_.wait(-1)) {
        if (event.data.ptr == this) {
          accept();
          continue;
        }
        const auto& side = *static_cast<const Relay::Side*>(event.data.ptr);
        if (ended.contains(side.relay)) continue;
        if (!side.relay->on_event(side.is_client, event.events)) ended.insert(side.relay);
      }
      for (Relay* relay : ended)
        relays_.erase(relay);
    }
  }

private:
  void accept() {
    UniqueFd client = accept_from(listener_);
    if (!client) return;
    auto relay = std::make_unique<Relay>(poller_, std::move(client), context_, backend_);
    Relay* const key = relay.get();
    relays_.emplace(key, std::move(relay));
  }

  int listener_;
  SSL_CTX* context_;
  const sockaddr_in& backend_;
  Poller poller_;
  std::unordered_map<Relay*, std::unique_ptr<Relay>> relays_;
};

struct Settings {
  sockaddr_in listen;
  sockaddr_in backend;
  std::string certificate;
  std::string key;
  std::uint64_t workers;
};

Settings read_settings(int argc, char** argv) {
  Arguments arguments(argc, argv);
  Settings settings{.listen = parse_address(arguments.required("listen")),
                    .backend = parse_address(arguments.required("backend")),
                    .certificate = arguments.required("certificate"),
                    .key = arguments.required("key"),
                    .workers = arguments.number("workers", 2, 1, 64)};
  arguments.finish();
  return settings;
}

// A worker that ends takes the others along, through the parent's death signal.
int run(const Settings& settings) {
  SessionStore store;
  const ContextPtr context = make_server_context(settings.certificate, settings.key, store);
  const UniqueFd listener = listen_on(settings.listen);
  for (std::uint64_t i = 0; i < settings.workers; ++i) {
    const pid_t child = ::fork();
    if (child < 0) return 1;
    if (child > 0) continue;
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    Worker(listener.get(), context.get(), settings.backend).run();
  }
  ::wait(nullptr);
  return 1;
}

}  // namespace
}  // namespace reprise::bench

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes without MSG_NOSIGNAL
  try {
    return reprise::bench::run(reprise::bench::read_settings(argc, argv));
  } catch (const std::exception& error) {
    fmt::print(stderr, "bench_floor: {}\n", error.what());
    return 1;
  }
}
