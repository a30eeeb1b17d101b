#include "sync/service.hpp"

#include <algorithm>
#include <list>

#include "base/log.hpp"
#include "net/acceptor.hpp"
#include "sync/service_client.hpp"

namespace reprise::sync {

class Service::Impl : public std::enable_shared_from_this<Impl> {
public:
  Impl(net::asio::io_context& io, const std::vector<const net::Listener*>& listeners,
       std::vector<Offer> offers, ServiceCounters& counters, const Options& options)
      : io_(io), deadlines_(io), shared_{io, deadlines_, std::move(offers), counters, options} {
    counters.active.set(0);  // those of the process that was here before are gone
    for (const net::Listener* listener : listeners) {
      acceptors_.emplace_back(
          io, *listener,
          [this](UniqueFd fd, const net::Endpoint& from) { admit(std::move(fd), from); },
          [this](error_code error) {
            log::failure(error_lines_, "cache.accept_failed", error.message());
          });
    }
  }

  void start() {
    for (net::Acceptor& acceptor : acceptors_)
      acceptor.start(shared_from_this());
  }

  void stop() {
    stopped_ = true;
    for (net::Acceptor& acceptor : acceptors_)
      acceptor.stop();
    for (ServiceClient& client : clients_)
      client.cancel();
  }

private:
  using Clients = std::list<ServiceClient>;

  // A crowd of silent clients holds up nobody: the oldest goes. Those that are being answered stay.
  bool make_room() {
    log::failure(error_lines_, "cache.cut", "too many clients");
    const auto oldest =
        std::find_if(clients_.begin(), clients_.end(),
                     [](const ServiceClient& client) { return client.is_silent(); });
    if (oldest == clients_.end()) return false;
    oldest->cancel();
    return true;
  }

  void admit(UniqueFd fd, const net::Endpoint& from) {
    shared_.counters.connections.add();
    if (clients_.size() >= shared_.options.max_clients && !make_room()) {
      return shared_.counters.cut.add();
    }
    try {
      // A unix client has no name, which is told as an address of no family.
      const net::Endpoint own = net::Endpoint::local(fd.get());
      clients_.emplace_back(shared_, std::move(fd),
                            own.family() == AF_UNIX ? own : from.unmapped());
    } catch (const std::exception& failure) {
      return log::failure(error_lines_, "cache.refused", failure.what());
    }
    const auto client = std::prev(clients_.end());
    net::asio::co_spawn(io_, serve(shared_from_this(), client), net::asio::detached);
  }

  net::awaitable<void> serve(std::shared_ptr<Impl>, Clients::iterator client) {
    shared_.counters.active.add();
    try {
      if (!stopped_) co_await client->run();
    } catch (const std::exception& failure) {
      log::failure(error_lines_, "cache.failed", failure.what());
    }
    shared_.counters.active.subtract();
    if (client->cancelled()) shared_.counters.cut.add();
    clients_.erase(client);
  }

  net::asio::io_context& io_;
  net::Deadlines deadlines_;
  ServiceClient::Shared shared_;
  std::list<net::Acceptor> acceptors_;
  Clients clients_;
  bool stopped_ = false;
  log::RateLimit error_lines_;
};

Service::Service(net::asio::io_context& io, const std::vector<const net::Listener*>& listeners,
                 std::vector<Offer> offers, ServiceCounters& counters, const Options& options)
    : impl_(std::make_shared<Impl>(io, listeners, std::move(offers), counters, options)) {}

Service::~Service() {
  impl_->stop();
}

void Service::start() {
  impl_->start();
}

}  // namespace reprise::sync
