#include "stats/server.hpp"

#include <fcntl.h>
#include <sys/socket.h>

#include <cerrno>
#include <list>
#include <system_error>

#include "base/log.hpp"
#include "net/deadline.hpp"
#include "net/plain_stream.hpp"

namespace reprise::stats {
namespace {

using net::Want;

// uWSGI's, to the byte (spec/process/stats.md 3).
constexpr std::string_view http_head =
    "HTTP/1.0 200 OK\r\nConnection: close\r\nAccess-Control-Allow-Origin: *\r\n"
    "Content-Type: application/json\r\n\r\n";

// How long nobody is accepted after the process ran out of descriptors.
constexpr std::chrono::milliseconds exhausted_pause{100};

// Of what a client sends, at a time.
constexpr std::size_t read_size = 4096;

// What a client may send before it is cut off.
constexpr std::size_t max_request = 65536;

UniqueFd duplicate(int fd) {
  UniqueFd copy(::fcntl(fd, F_DUPFD_CLOEXEC, 0));
  if (!copy) throw std::system_error(errno, std::system_category(), "dup of a stats listener");
  return copy;
}

}  // namespace

class Server::Impl : public std::enable_shared_from_this<Impl> {
public:
  Impl(net::asio::io_context& io, const std::vector<const net::Listener*>& listeners,
       Options options, MakeDocument make_document)
      : io_(io),
        options_(options),
        make_document_(std::move(make_document)),
        deadlines_(io, std::chrono::milliseconds(100)) {
    for (const net::Listener* listener : listeners)
      doors_.emplace_back(io, duplicate(listener->fd()));
  }

  void start() {
    for (net::Socket& door : doors_)
      net::asio::co_spawn(io_, accept_from(shared_from_this(), door), net::asio::detached);
  }

  void stop() {
    for (net::Socket& door : doors_)
      door.close();
  }

private:
  net::awaitable<void> accept_from(std::shared_ptr<Impl>, net::Socket& door);
  bool accept_one(net::Socket& door);
  net::awaitable<void> serve(std::shared_ptr<Impl>, net::Socket socket);
  net::awaitable<void> answer(net::Socket& socket);
  net::awaitable<bool> read_something(net::Socket& socket);
  net::awaitable<void> read_away(net::Socket& socket);

  net::asio::io_context& io_;
  Options options_;
  MakeDocument make_document_;
  net::Deadlines deadlines_;
  std::list<net::Socket> doors_;
  std::size_t clients_ = 0;
  log::RateLimit error_lines_;
};

net::awaitable<void> Server::Impl::accept_from(std::shared_ptr<Impl>, net::Socket& door) {
  net::asio::steady_timer pause(io_);
  for (;;) {
    const error_code error = co_await door.ready(Want::input);
    if (error) co_return;
    if (accept_one(door)) continue;
    pause.expires_after(exhausted_pause);
    co_await pause.async_wait(net::token);
  }
}

// False if the process or the system is out of something.
bool Server::Impl::accept_one(net::Socket& door) {
  UniqueFd fd(::accept4(door.fd(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (!fd) {
    const bool nobody = errno == EAGAIN || errno == EINTR || errno == ECONNABORTED;
    if (!nobody && error_lines_.allow()) {
      log::event(log::Level::error, "stats.accept", {{"reason", last_system_error().message()}});
    }
    return nobody;
  }
  if (clients_ >= options_.max_clients) return true;
  try {
    net::Socket socket(io_, std::move(fd));
    net::asio::co_spawn(io_, serve(shared_from_this(), std::move(socket)), net::asio::detached);
    ++clients_;
  } catch (const std::exception&) {
    return false;
  }
  return true;
}

net::awaitable<void> Server::Impl::serve(std::shared_ptr<Impl>, net::Socket socket) {
  net::Deadline deadline(deadlines_, [&socket] { socket.cancel(); });
  deadline.set_from_now(options_.deadline);
  try {
    co_await answer(socket);
  } catch (const std::exception& failure) {
    if (error_lines_.allow()) {
      log::event(log::Level::error, "stats.failed", {{"reason", failure.what()}});
    }
  }
  --clients_;
}

net::awaitable<void> Server::Impl::answer(net::Socket& socket) {
  if (options_.http) {
    const bool asked = co_await read_something(socket);
    if (!asked) co_return;
  }
  std::string text(options_.http ? http_head : "");
  text += make_document_();
  net::PlainStream stream(socket);
  const error_code error = co_await net::write_all(stream, text);
  if (error) co_return;
  stream.shut_down();
  co_await read_away(socket);
}

net::awaitable<bool> Server::Impl::read_something(net::Socket& socket) {
  std::string buffer(read_size, '\0');
  net::PlainStream stream(socket);
  const auto got = co_await net::read_some(stream, buffer);
  co_return got&&* got > 0;
}

// Closing with unread bytes would reset the connection and could cost the client what it has not
// taken yet.
net::awaitable<void> Server::Impl::read_away(net::Socket& socket) {
  std::string buffer(read_size, '\0');
  net::PlainStream stream(socket);
  for (std::size_t taken = 0; taken < max_request;) {
    const auto got = co_await net::read_some(stream, buffer);
    if (!got || *got == 0) co_return;
    taken += *got;
  }
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
