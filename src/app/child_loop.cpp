#include "app/child_loop.hpp"

#include <exception>

#include "base/log.hpp"
#include "net/reactor.hpp"

namespace reprise::app {

void run_loop(net::asio::io_context& io, std::string_view name) {
  log::RateLimit limit;
  for (;;) {
    try {
      net::Reactor::of(io).run();
      return;
    } catch (const std::exception& e) {
      if (limit.allow()) {
        log::event(log::Level::error, "loop.exception",
                   {{"child", std::string(name)}, {"reason", e.what()}});
      }
    }
  }
}

}  // namespace reprise::app
