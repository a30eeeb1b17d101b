#pragma once

#include <functional>
#include <future>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "net/listener.hpp"
#include "router/http_session.hpp"

namespace reprise::router::testing {

// The blocking end of a connection, for tests that read as a story. Every call gives up after a few
// seconds, with what there is.
class Peer {
 public:
  explicit Peer(UniqueFd fd);

  void send(std::string_view bytes);          // ends early if the other side has gone
  std::string receive(std::size_t bytes);     // that many, or fewer at the end
  std::string receive_until(std::string_view end);
  std::string receive_all();                  // to the end, orderly or not
  bool at_end() { return receive_all().empty(); }
  void shut_down_writing();
  void close() { fd_.reset(); }
  int fd() const { return fd_.get(); }

 private:
  UniqueFd fd_;
};

// A uwsgi server whose behaviour is a function, called for one connection after the other.
class Backend {
 public:
  struct Request {
    std::vector<std::pair<std::string, std::string>> variables;
    std::string operator[](std::string_view name) const;   // empty: there is none
    std::size_t body_size() const;
  };
  using Behaviour = std::function<void(const Request&, Peer&)>;

  explicit Backend(Behaviour behaviour);
  ~Backend();

  const std::string& address() const { return address_; }
  std::vector<Request> requests();

 private:
  void serve();

  Behaviour behaviour_;
  net::Listener listener_;
  std::string address_;
  std::mutex mutex_;
  std::vector<Request> requests_;
  std::thread thread_;
};

// Behaviours.
Backend::Behaviour answers(std::string text);
// Sends the body back, read and written in pieces.
void echo(const Backend::Request& request, Peer& peer);

std::string ok(std::string_view body);   // 200 with a Content-Length
// A TCP address that nobody listens at.
std::string free_address();

// Sessions of one worker, in a thread of their own.
class Sessions {
 public:
  explicit Sessions(std::vector<std::string> upstreams);
  ~Sessions();

  Settings settings;
  Counters counters;
  std::string host_name = "router.test";

  // From here on the settings above are in force.
  void start();
  // Before clients connect.
  Timeouts& timeouts() { return worker_->timeouts; }

  // A client whose session has begun.
  Peer connect();

  std::size_t borrowed_buffers();   // asked between two steps of the sessions
  void wait_until_all_ended();

 private:
  net::awaitable<void> serve(std::unique_ptr<HttpSession> session);

  tls::Counters tls_counters_;
  net::asio::io_context io_{1};
  std::optional<Worker> worker_;
  std::thread thread_;
};

}  // namespace reprise::router::testing
