#include "app/subscriptions.hpp"

#include <algorithm>

#include "compat/messages.hpp"
#include "net/timer.hpp"

namespace reprise::app {
namespace {

using namespace std::chrono_literals;

constexpr char socket_kind[] = "subscription";
constexpr char table_kind[] = "subscription-table";
constexpr auto sweep_period = 1s;

subscription::Admission admission_of(const config::Config& config) {
  if (config.subscription_sources.empty()) return nullptr;
  return [&config](const net::Endpoint& source) {
    return std::any_of(config.subscription_sources.begin(), config.subscription_sources.end(),
                       [&](const router::AddressRange& range) { return range.contains(source); });
  };
}

subscription::Server make_server(const Written& address, process::Handover& inherited,
                                 Purpose purpose) {
  const net::Endpoint wanted = subscription::Server::endpoint_of(address);
  auto fd = inherited.take_if(socket_kind,
                              [&](int known) { return net::Endpoint::local(known) == wanted; });
  return {address, fd ? std::move(*fd) : UniqueFd(), /*provisional=*/purpose == Purpose::check};
}

}  // namespace

Subscriptions::Subscriptions(const config::Config& config,
                             const subscription::ServerSettings& settings,
                             process::Handover& inherited, Purpose purpose)
    : config_(config),
      settings_(settings),
      table_("reprise-subscriptions", {}),
      intake_(table_, config.subscriptions, settings, admission_of(config)) {
  for (const Written& address : settings.addresses)
    servers_.push_back(make_server(address, inherited, purpose));
  if (auto region = inherited.take(table_kind, settings.router)) {
    table_.take_over(std::move(*region));
  }
}

subscription::Directory Subscriptions::directory(std::size_t worker) {
  table_.forget(worker);
  return {table_, config_.subscriptions, settings_, worker};
}

net::awaitable<void> Subscriptions::sweep(net::asio::io_context& io) {
  net::Timer timer(io);
  for (;;) {
    co_await timer.wait(sweep_period);
    intake_.sweep({});
  }
}

void Subscriptions::start(net::asio::io_context& io) {
  for (const subscription::Server& server : servers_)
    net::asio::co_spawn(io, server.run(io, intake_), net::asio::detached);
  net::asio::co_spawn(io, sweep(io), net::asio::detached);
}

void Subscriptions::hand_over(process::Handover& handover) const {
  for (const subscription::Server& server : servers_)
    handover.add(socket_kind, server.address(), server.fd());
  handover.add(table_kind, settings_.router, table_.region_fd());
}

std::vector<std::string> Subscriptions::announcements() const {
  std::vector<std::string> lines;
  const bool open = !config_.subscriptions.sign_check && config_.subscription_sources.empty();
  for (const subscription::Server& server : servers_) {
    lines.push_back(
        compat::subscription_server_bound(settings_.router, server.address(), server.fd()));
    if (open && !server.is_local()) {
      lines.push_back(compat::subscriptions_are_open(server.address()));
    }
  }
  return lines;
}

std::vector<std::string> Subscriptions::remove_sockets() const {
  std::vector<std::string> paths;
  for (const subscription::Server& server : servers_) {
    std::string path = server.remove_socket_file();
    if (!path.empty()) paths.push_back(std::move(path));
  }
  return paths;
}

}  // namespace reprise::app
