#include "app/keeper.hpp"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "app/child_loop.hpp"
#include "app/collect.hpp"
#include "app/collect_http.hpp"
#include "app/collect_raw.hpp"
#include "app/collect_repeater.hpp"
#include "app/copying.hpp"
#include "app/node.hpp"
#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/log.hpp"
#include "base/unique_fd.hpp"
#include "compat/http_stats_json.hpp"
#include "compat/messages.hpp"
#include "compat/raw_stats_json.hpp"
#include "compat/repeater_stats_json.hpp"
#include "compat/stats_json.hpp"
#include "net/reactor.hpp"
#include "net/signals.hpp"
#include "process/master.hpp"
#include "stats/server.hpp"
#include "sync/service.hpp"

namespace reprise::app {
namespace {

// Items freed before the loop gets a turn for its other work.
constexpr std::uint64_t slice = 1000;

net::awaitable<void> sweep_cache(net::asio::io_context& io, cache::Cache& cache, bool report) {
  std::uint64_t freed = 0;
  for (bool finished = false; !finished;) {
    const cache::SweepSlice done = cache.sweep(unix_now(), slice);
    freed += done.freed;
    finished = done.finished;
    if (!finished) co_await net::Reactor::of(io).next_turn();
  }
  if (report && freed > 0) {
    log::line("freed {} items for cache \"{}\"", freed, cache.settings().name);
  }
}

net::awaitable<void> sweep_caches(net::asio::io_context& io, const cache::Caches& caches,
                                  cache::SweepSettings settings) {
  net::Timer timer(io);
  for (;;) {
    co_await timer.wait(settings.period);
    for (const auto& cache : caches.all()) {
      if (cache->settings().expiring != cache::Expiring::sweeper) continue;
      co_await sweep_cache(io, *cache, settings.report_freed_items);
    }
  }
}

// A store's changed pages are written out now and every period; with a period of 0 only now.
net::awaitable<void> write_out_store(net::asio::io_context& io, const cache::Cache& cache,
                                     std::chrono::seconds period) {
  net::Timer timer(io);
  do {
    cache.write_out();
    co_await timer.wait(period);
  } while (period.count() > 0);
}

// Opened each time: whoever reads the file may move it away.
void append(const std::string& path, std::string_view text) {
  const UniqueFd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640));
  if (!file) throw system_error(last_system_error(), "open(\"" + path + "\")");
  if (::write(file.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
    throw system_error(last_system_error(), "write(\"" + path + "\")");
  }
}

// `stats-push`.
net::awaitable<void> push_stats(net::asio::io_context& io, stats::Settings::Push push,
                                std::function<std::string()> document) {
  net::Timer timer(io);
  log::RateLimit lines(std::chrono::minutes(1));
  for (;;) {
    co_await timer.wait(push.period);
    try {
      append(push.path.text, document() + push.separator);
    } catch (const std::exception& failure) {
      log::failure(lines, "stats.push", failure.what());
    }
  }
}

net::awaitable<void> leave_cluster(net::asio::io_context& io, cluster::Membership& membership,
                                   std::shared_ptr<std::size_t> under_way) {
  co_await membership.leave();
  if (--*under_way == 0) io.stop();
}

// All at once: the master's patience is short.
void leave_clusters(net::asio::io_context& io, const Node& node) {
  const auto under_way = std::make_shared<std::size_t>(1);
  for (const auto& replication : node.replications()) {
    if (replication->membership() == nullptr) continue;
    ++*under_way;
    net::asio::co_spawn(io, leave_cluster(io, *replication->membership(), under_way),
                        net::asio::detached);
  }
  if (--*under_way == 0) io.stop();
}

// What is erased here is to be erased in the store of sessions, which is connected to once there is
// such a thing.
void erase_elsewhere(net::asio::io_context& io, const Node& node,
                     std::optional<ExternalStore::Use>& store) {
  for (const auto& replication : node.replications()) {
    replication->tell_erased([&io, &node, &store, name = replication->settings().name](Bytes key) {
      if (!node.external_store()->has(name)) return;
      if (!store) store.emplace(io, *node.external_store(), node.external_store()->keeper());
      store->forget(name, key);
    });
  }
}

std::vector<sync::Offer> offers_of(const Node& node) {
  std::vector<sync::Offer> offers;
  for (const auto& replication : node.replications())
    offers.push_back(replication->offer());
  return offers;
}

}  // namespace

int run_keeper(const Node& node, const KeeperListeners& listeners) {
  std::optional<ExternalStore::Use> store;
  net::asio::io_context io(net::one_thread);
  bool leaves = false;
  const net::Signals signals(io, {SIGTERM, SIGINT, SIGQUIT, process::look_signal}, [&](int signal) {
    if (signal == process::look_signal) return log::follow();
    if (node.announces() != nullptr) node.announces()->leave();
    if (std::exchange(leaves, true)) return io.stop();
    leave_clusters(io, node);
  });

  const config::Config& config = node.config();
  const pid_t master = ::getppid();
  stats::Server::Options options;
  options.http = config.stats.http;
  const auto document = [&node, &config, master] {
    return compat::stats_json(collect(node, master), config.stats.minified);
  };
  stats::Server server(io, listeners.stats, options, document);
  server.start();
  std::optional<stats::Server> http_server;
  if (listeners.http_stats != nullptr) {
    http_server.emplace(io, std::vector{listeners.http_stats}, options, [&node, &config] {
      return compat::http_stats_json(collect_http(node), config.stats.minified);
    });
    http_server->start();
  }
  for (stats::Settings::Push push : config.stats.pushes) {
    if (push.period.count() == 0) push.period = config.stats.push_period;
    net::asio::co_spawn(io, push_stats(io, std::move(push), document), net::asio::detached);
  }
  std::optional<stats::Server> raw_server;
  if (listeners.raw_stats != nullptr) {
    raw_server.emplace(io, std::vector{listeners.raw_stats}, options, [&node, &config] {
      return compat::raw_stats_json(collect_raw(node), config.stats.minified);
    });
    raw_server->start();
  }
  std::optional<stats::Server> repeater_server;
  if (listeners.repeater_stats != nullptr) {
    repeater_server.emplace(io, std::vector{listeners.repeater_stats}, options, [&node, &config] {
      return compat::repeater_stats_json(collect_repeater(node), config.stats.minified);
    });
    repeater_server->start();
  }
  if (config.sweep.enabled && cache::any_is_swept(config.caches)) {
    net::asio::co_spawn(io, sweep_caches(io, node.caches(), config.sweep), net::asio::detached);
  }
  if (node.external_store() != nullptr) erase_elsewhere(io, node, store);
  for (const auto& replication : node.replications())
    replication->start(io);
  for (Subscriptions* subscriptions : {node.http_subscriptions(), node.raw_subscriptions()}) {
    if (subscriptions != nullptr) subscriptions->start(io);
  }
  if (node.announces() != nullptr) {
    node.announces()->start(io, [&node] { return node.is_served(); });
  }
  sync::Service service(io, listeners.caches, offers_of(node), node.service_ledger().counters(),
                        {});
  service.start();
  net::asio::co_spawn(
      io, copy_caches(io, node.replications(), config.sync.copy_patience, node.start_gate()),
      net::asio::detached);
  for (const auto& cache : node.caches().all()) {
    if (cache->settings().store.empty()) continue;
    const auto period = cache->settings().store_period.value_or(config.sweep.store_period);
    net::asio::co_spawn(io, write_out_store(io, *cache, period), net::asio::detached);
  }
  run_loop(io, "keeper");
  return 0;
}

}  // namespace reprise::app
