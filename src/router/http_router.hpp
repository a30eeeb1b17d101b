#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "net/asio.hpp"
#include "net/listener.hpp"
#include "router/backends.hpp"
#include "router/counters.hpp"
#include "router/host_nodes.hpp"
#include "router/raw_counters.hpp"
#include "router/settings.hpp"
#include "subscription/directory.hpp"
#include "tls/context.hpp"
#include "tls/counters.hpp"

namespace reprise::router {

// A listener as a worker sees it.
struct Frontend {
  const net::Listener* listener = nullptr;
  const tls::Context* tls = nullptr;                          // null: plain HTTP
  const std::optional<std::string>* redirect_port = nullptr;  // of ListenerSettings
};

class AccessLog;

enum class Drain {
  to_hand_over,  // others accept already
  to_stop,
};

// What a session needs that is the same for all of a worker's sessions.
struct Environment {
  const Settings& settings;
  Counters& counters;
  tls::Counters& tls_counters;
  std::string host_name;  // SERVER_NAME
  const std::vector<BackendAddress>& backends;
  const std::vector<BackendAddress>& fallbacks;
  const AccessLog* access_log = nullptr;
  // Nodes that announced themselves, in place of `backends`; null: none are wanted.
  const subscription::Directory* directory = nullptr;
  std::span<RawNodeCounters> node_counters = {};  // of each backend, or empty
  HostLookup host_lookup = {};  // asked for a host's nodes in place of all others, if there is one
};

// One worker process's HTTP router: accepts, serves, and drains when told to.
class HttpRouter {
public:
  // References and the frontends' objects outlive the router.
  HttpRouter(net::asio::io_context& io, Environment environment, std::vector<Frontend> frontends);
  ~HttpRouter();
  HttpRouter(const HttpRouter&) = delete;
  HttpRouter& operator=(const HttpRouter&) = delete;

  // Begins to accept. Returns at once; the work happens in `io`.
  void start();

  // Accepts nothing until resume(); what has been accepted goes on.
  void pause();
  void resume();

  // Accepts no more, ends idle connections, lets running exchanges finish (`drain_timeout` of the
  // settings at most), then calls `done`. What was accepted and has not asked yet may still do so;
  // if nobody takes over, only for a moment.
  void drain(Drain drain, std::function<void()> done);

private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace reprise::router
