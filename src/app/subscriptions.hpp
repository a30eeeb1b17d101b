#pragma once

#include <memory>
#include <string>
#include <vector>

#include "app/purpose.hpp"
#include "config/config.hpp"
#include "net/asio.hpp"
#include "process/handover.hpp"
#include "subscription/announcer.hpp"
#include "subscription/directory.hpp"
#include "subscription/server.hpp"

namespace reprise::app {

// The nodes that announce themselves to one router: sockets and table, made before the fork.
class Subscriptions {
public:
  // `config` and `settings`, one of its parts, outlive this. Takes sockets and the table of the
  // generation before a reload. Throws std::runtime_error with the place in the configuration.
  Subscriptions(const config::Config& config, const subscription::ServerSettings& settings,
                process::Handover& inherited, Purpose purpose);
  Subscriptions(const Subscriptions&) = delete;
  Subscriptions& operator=(const Subscriptions&) = delete;

  const subscription::Table& table() const { return table_; }
  const subscription::ServerSettings& settings() const { return settings_; }

  // For a worker, by its place among those of its router: what one that was there before had under
  // way is over.
  subscription::Directory directory(std::size_t worker);

  // Hears announces for as long as the loop runs: in the keeper.
  void start(net::asio::io_context& io);
  // In every other child.
  void close_servers() { servers_.clear(); }

  void hand_over(process::Handover& handover) const;

  // uWSGI's lines, and warnings of who might announce nodes.
  std::vector<std::string> announcements() const;
  // Removes unix sockets; returns their paths.
  std::vector<std::string> remove_sockets() const;

private:
  net::awaitable<void> sweep(net::asio::io_context& io);

  const config::Config& config_;
  const subscription::ServerSettings& settings_;
  subscription::Table table_;
  subscription::Intake intake_;
  std::vector<subscription::Server> servers_;
};

}  // namespace reprise::app
