#include "stats/server.hpp"

#include <fcntl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <list>
#include <system_error>

#include "base/log.hpp"
#include "stats/client.hpp"

namespace reprise::stats {
namespace {

// Accepted in a row before the others of this process have their turn.
constexpr int accept_batch = 16;

// How long nothing is accepted when the process or the system is out of descriptors.
constexpr std::chrono::milliseconds exhausted_pause{100};

UniqueFd duplicate(int fd) {
  UniqueFd copy(::fcntl(fd, F_DUPFD_CLOEXEC, 0));
  if (!copy) throw std::system_error(errno, std::system_category(), "dup of a stats listener");
  return copy;
}

}  // namespace

class Server::Impl : public std::enable_shared_from_this<Impl> {
public:
  Impl(net::asio::io_context& io, const std::vector<const net::Listener*>& listeners,
       Options options, MakeDocument make_document);

  void start();
  void stop();

private:
  // A listener, on a descriptor of this server's own.
  struct Door {
    Door(net::asio::io_context& io, const net::Listener& listener)
        : socket(io, duplicate(listener.fd())), pause(io) {}

    net::Socket socket;
    net::asio::steady_timer pause;
  };
  using Clients = std::list<Client>;

  net::awaitable<void> accept_from(std::shared_ptr<Impl>, Door& door);
  bool accept_some(Door& door);
  void make_room();
  void admit(UniqueFd fd);
  net::awaitable<void> serve(std::shared_ptr<Impl>, Clients::iterator client);
  void report(std::string_view event, std::string_view reason);

  net::asio::io_context& io_;
  const Options options_;
  const MakeDocument make_document_;
  net::Deadlines deadlines_;
  std::list<Door> doors_;
  Clients clients_;
  bool stopped_ = false;
  log::RateLimit error_lines_;
};

Server::Impl::Impl(net::asio::io_context& io, const std::vector<const net::Listener*>& listeners,
                   Options options, MakeDocument make_document)
    : io_(io), options_(options), make_document_(std::move(make_document)), deadlines_(io) {
  for (const net::Listener* listener : listeners)
    doors_.emplace_back(io, *listener);
}

void Server::Impl::start() {
  for (Door& door : doors_)
    net::asio::co_spawn(io_, accept_from(shared_from_this(), door), net::asio::detached);
}

void Server::Impl::stop() {
  stopped_ = true;
  for (Door& door : doors_) {
    door.socket.close();
    door.pause.cancel();
  }
  for (Client& client : clients_)
    client.cancel();
}

net::awaitable<void> Server::Impl::accept_from(std::shared_ptr<Impl>, Door& door) {
  while (!stopped_) {
    const error_code error = co_await door.socket.ready(net::Want::input);
    if (error) co_return;
    if (accept_some(door)) continue;
    door.pause.expires_after(exhausted_pause);
    co_await door.pause.async_wait(net::token);
  }
}

// Accepts what is there. False if the process or the system is out of something.
bool Server::Impl::accept_some(Door& door) {
  for (int i = 0; i < accept_batch; ++i) {
    UniqueFd fd(::accept4(door.socket.fd(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (fd) {
      admit(std::move(fd));
      continue;
    }
    if (errno == EAGAIN || errno == EWOULDBLOCK) return true;
    if (errno == EINTR || errno == ECONNABORTED) continue;
    report("stats.accept_failed", last_system_error().message());
    return false;
  }
  return true;
}

// A crowd of silent clients holds up nobody: the oldest goes.
void Server::Impl::make_room() {
  const auto oldest = std::find_if(clients_.begin(), clients_.end(),
                                   [](const Client& client) { return !client.cancelled(); });
  if (oldest == clients_.end()) return;
  oldest->cancel();
  report("stats.cut", "too many clients");
}

void Server::Impl::admit(UniqueFd fd) {
  if (clients_.size() >= options_.max_clients) make_room();
  try {
    clients_.emplace_back(io_, deadlines_, std::move(fd));
  } catch (const std::exception& failure) {
    return report("stats.refused", failure.what());
  }
  const auto client = std::prev(clients_.end());
  net::asio::co_spawn(io_, serve(shared_from_this(), client), net::asio::detached);
}

net::awaitable<void> Server::Impl::serve(std::shared_ptr<Impl>, Clients::iterator client) {
  try {
    if (!stopped_) co_await client->run(options_, make_document_);
  } catch (const std::exception& failure) {
    report("stats.failed", failure.what());
  }
  clients_.erase(client);
}

void Server::Impl::report(std::string_view event, std::string_view reason) {
  if (!error_lines_.allow()) return;
  log::event(
      log::Level::error, event,
      {{"reason", std::string(reason)}, {"suppressed", std::to_string(error_lines_.suppressed())}});
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
