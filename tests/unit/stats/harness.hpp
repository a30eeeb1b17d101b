#pragma once

#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <optional>
#include <string>
#include <thread>

#include <boost/asio/post.hpp>

#include "net/address.hpp"
#include "net/listener.hpp"
#include "net/reactor.hpp"
#include "stats/server.hpp"

namespace reprise::stats::testing {

// A client that blocks, for ten seconds at most.
class Connection {
public:
  explicit Connection(const std::string& address)
      : peer_(net::resolve(address, net::Role::connect)),
        fd_(::socket(peer_.family(), SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const timeval patience{10, 0};
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  }

  Connection& open() {
    connected_ = ::connect(fd_.get(), peer_.data(), peer_.size()) == 0;
    return *this;
  }
  bool connected() const { return connected_; }

  Connection& send(const std::string& text) {
    static_cast<void>(::send(fd_.get(), text.data(), text.size(), MSG_NOSIGNAL));
    return *this;
  }

  // To the end of the stream, or until it breaks.
  std::string receive_all() {
    std::string all;
    char chunk[65536];
    for (;;) {
      const ssize_t n = ::recv(fd_.get(), chunk, sizeof chunk, 0);
      ended_orderly_ = n == 0;
      if (n <= 0) return all;
      all.append(chunk, static_cast<std::size_t>(n));
    }
  }
  bool ended_orderly() const { return ended_orderly_; }

private:
  net::Endpoint peer_;
  UniqueFd fd_;
  bool connected_ = false;
  bool ended_orderly_ = false;
};

// A server in a thread of its own.
class RunningServer {
public:
  RunningServer(const std::vector<const net::Listener*>& listeners, Server::Options options,
                Server::MakeDocument make_document) {
    server_.emplace(io_, listeners, options, std::move(make_document));
    server_->start();
    thread_ = std::thread([this] { net::Reactor::of(io_).run(); });
  }
  RunningServer(const RunningServer&) = delete;
  RunningServer& operator=(const RunningServer&) = delete;
  // Returns when nothing of the server is left to run.
  ~RunningServer() {
    net::asio::post(io_, [this] { server_.reset(); });
    net::Reactor::of(io_).interrupt();
    thread_.join();
  }

private:
  net::asio::io_context io_{1};
  std::optional<Server> server_;
  std::thread thread_;
};

// Standard error goes into a pipe for as long as this lives.
class Log {
public:
  Log() {
    int ends[2];
    if (::pipe(ends) != 0) throw std::system_error(errno, std::system_category(), "pipe");
    read_.reset(ends[0]);
    const UniqueFd write(ends[1]);
    saved_.reset(::dup(STDERR_FILENO));
    ::dup2(write.get(), STDERR_FILENO);
  }
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;
  ~Log() { ::dup2(saved_.get(), STDERR_FILENO); }

  // Waits for it.
  std::string line() {
    std::string text;
    for (char c = 0; ::read(read_.get(), &c, 1) == 1 && c != '\n';)
      text += c;
    return text;
  }

private:
  UniqueFd read_;
  UniqueFd saved_;
};

// No new descriptors for as long as this lives: not for gmock either, whose matchers make UBSan
// open some.
class NoDescriptors {
public:
  NoDescriptors() {
    ::getrlimit(RLIMIT_NOFILE, &saved_);
    rlimit none = saved_;
    none.rlim_cur = 0;
    ::setrlimit(RLIMIT_NOFILE, &none);
  }
  NoDescriptors(const NoDescriptors&) = delete;
  NoDescriptors& operator=(const NoDescriptors&) = delete;
  ~NoDescriptors() { ::setrlimit(RLIMIT_NOFILE, &saved_); }

private:
  rlimit saved_{};
};

}  // namespace reprise::stats::testing
