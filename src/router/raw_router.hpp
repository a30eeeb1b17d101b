#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "net/asio.hpp"
#include "net/listener.hpp"
#include "router/raw_worker.hpp"

namespace reprise::router {

// One worker process's raw router: accepts, passes bytes through, and drains when told to.
class RawRouter {
public:
  // What `environment` names, and the listeners, outlive the router.
  RawRouter(net::asio::io_context& io, const RawEnvironment& environment,
            const std::vector<const net::Listener*>& listeners);
  ~RawRouter();
  RawRouter(const RawRouter&) = delete;
  RawRouter& operator=(const RawRouter&) = delete;

  // Begins to accept. Returns at once; the work happens in `io`.
  void start();

  // Accepts nothing until resume(); what has been accepted goes on.
  void pause();
  void resume();

  // Accepts no more, lets the connections go on to their end, then calls `done`.
  void drain(std::function<void()> done);

private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace reprise::router
