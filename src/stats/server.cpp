#include "stats/server.hpp"

#include <algorithm>
#include <list>

#include "base/log.hpp"
#include "net/acceptor.hpp"
#include "stats/client.hpp"

namespace reprise::stats {

class Server::Impl : public std::enable_shared_from_this<Impl> {
public:
  Impl(net::asio::io_context& io, const std::vector<const net::Listener*>& listeners,
       Options options, MakeDocument make_document);

  void start();
  void stop();

private:
  using Clients = std::list<Client>;

  void make_room();
  void admit(UniqueFd fd);
  net::awaitable<void> serve(std::shared_ptr<Impl>, Clients::iterator client);

  net::asio::io_context& io_;
  const Options options_;
  const MakeDocument make_document_;
  net::Deadlines deadlines_;
  std::list<net::Acceptor> acceptors_;
  Clients clients_;
  bool stopped_ = false;
  log::RateLimit error_lines_;
};

Server::Impl::Impl(net::asio::io_context& io, const std::vector<const net::Listener*>& listeners,
                   Options options, MakeDocument make_document)
    : io_(io), options_(options), make_document_(std::move(make_document)), deadlines_(io) {
  for (const net::Listener* listener : listeners) {
    acceptors_.emplace_back(
        io, *listener, [this](UniqueFd fd, const net::Endpoint&) { admit(std::move(fd)); },
        [this](error_code error) {
          log::failure(error_lines_, "stats.accept_failed", error.message());
        });
  }
}

void Server::Impl::start() {
  for (net::Acceptor& acceptor : acceptors_)
    acceptor.start(shared_from_this());
}

void Server::Impl::stop() {
  stopped_ = true;
  for (net::Acceptor& acceptor : acceptors_)
    acceptor.stop();
  for (Client& client : clients_)
    client.cancel();
}

// A crowd of silent clients holds up nobody: the oldest goes.
void Server::Impl::make_room() {
  const auto oldest = std::find_if(clients_.begin(), clients_.end(),
                                   [](const Client& client) { return !client.cancelled(); });
  if (oldest == clients_.end()) return;
  oldest->cancel();
  log::failure(error_lines_, "stats.cut", "too many clients");
}

void Server::Impl::admit(UniqueFd fd) {
  if (clients_.size() >= options_.max_clients) make_room();
  try {
    clients_.emplace_back(io_, deadlines_, std::move(fd));
  } catch (const std::exception& failure) {
    return log::failure(error_lines_, "stats.refused", failure.what());
  }
  const auto client = std::prev(clients_.end());
  net::asio::co_spawn(io_, serve(shared_from_this(), client), net::asio::detached);
}

net::awaitable<void> Server::Impl::serve(std::shared_ptr<Impl>, Clients::iterator client) {
  try {
    if (!stopped_) co_await client->run(options_, make_document_);
  } catch (const std::exception& failure) {
    log::failure(error_lines_, "stats.failed", failure.what());
  }
  clients_.erase(client);
}

Server::Server(net::asio::io_context& io, std::vector<const net::Listener*> listeners,
               Options options, MakeDocument make_document)
    : impl_(std::make_shared<Impl>(io, listeners, options, std::move(make_document))) {}

Server::~Server() {
  impl_->stop();
}

void Server::start() {
  impl_->start();
}

}  // namespace reprise::stats
