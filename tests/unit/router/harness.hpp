#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "net/listener.hpp"
#include "router/http_session.hpp"

namespace reprise::router::testing {

// The blocking end of a connection, for tests that read as a story. Every call gives up after some
// seconds, with what there is.
class Peer {
public:
  explicit Peer(UniqueFd fd);
  // Connects. Not connected if nobody is there.
  explicit Peer(const std::string& address);

  bool connected() const { return static_cast<bool>(fd_); }
  void send(std::string_view bytes);       // ends early if the other side has gone
  std::string receive(std::size_t bytes);  // that many, or fewer at the end
  std::string receive_until(std::string_view end);
  std::string receive_all();  // to the end, orderly or not
  bool at_end() { return receive_all().empty(); }
  // The last receive met a reset, not an orderly end.
  bool was_reset() const { return reset_; }
  // One answer with a Content-Length.
  std::string receive_answer();

  // Sends without pause until the other side takes no more for a while; how much it took.
  std::size_t send_until_full(char byte = 'x', std::size_t at_most = std::size_t{1} << 30);

  void shut_down_writing();
  void reset();  // goes with a RST
  void close() { fd_.reset(); }
  int fd() const { return fd_.get(); }

private:
  bool receive_some(std::string& into, std::size_t at_most);

  UniqueFd fd_;
  bool reset_ = false;
};

// A uwsgi server whose behaviour is a function, called for one connection after the other.
class Backend {
public:
  struct Request {
    std::vector<std::pair<std::string, std::string>> variables;
    std::string operator[](std::string_view name) const;  // empty: there is none
    std::size_t body_size() const;
  };
  using Behaviour = std::function<void(const Request&, Peer&)>;

  explicit Backend(Behaviour behaviour, const std::string& address = "127.0.0.1:0");
  ~Backend();
  Backend(const Backend&) = delete;
  Backend& operator=(const Backend&) = delete;

  std::string address() const { return listener_.bound_name(); }
  std::vector<Request> requests();
  std::size_t request_count() { return requests().size(); }

private:
  void serve();
  void serve(Peer peer);

  Behaviour behaviour_;
  net::Listener listener_;
  std::mutex mutex_;
  std::vector<Request> requests_;
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

// Behaviours.
Backend::Behaviour answers(std::string text);
// Sends the body back when it is there.
void echo(const Backend::Request& request, Peer& peer);
// Sends the body back as it comes, the head before all of it.
void echo_as_it_comes(const Backend::Request& request, Peer& peer);

std::string ok(std::string_view body);  // 200 with a Content-Length
// "GET PATH" of HTTP/1.1, with more field lines if there are.
std::string get(std::string_view path, std::string_view fields = "");
std::string post(std::string_view path, std::size_t length, std::string_view fields = "");
int status_of(std::string_view answer);  // 0: no answer
std::string body_of(std::string_view answer);
// A TCP address that nobody listens at.
std::string free_address();

// Until it is true, for some seconds; whether it is.
bool eventually(const std::function<bool()>& condition);

// A fixture: sessions of one worker, in a thread of their own.
class SessionsTest : public ::testing::Test {
protected:
  SessionsTest();
  ~SessionsTest() override;

  Settings settings_;
  Counters counters_;
  tls::Counters tls_counters_;

  // One more uwsgi server behind the sessions.
  Backend& behind(Backend::Behaviour behaviour);
  void behind(const std::string& address);

  // From here on the settings above are in force. Called by the first client if need be.
  void start();
  // What they are can be changed until a client connects.
  Timeouts& timeouts();

  // A client whose session has begun.
  Peer connect();
  Peer connect(const tls::Context& tls);
  // What one request on a connection of its own is answered with.
  std::string ask(std::string_view request);

  // Accepts no more in spirit: ends idle sessions, and the others after their answer.
  void drain();

  std::size_t borrowed_buffers();  // asked between two steps of the sessions
  std::size_t running_sessions();
  void wait_until_all_ended();
  // All buffers are back. Ends by itself within some milliseconds of the last answer.
  bool at_rest();

private:
  static net::awaitable<void> serve(SessionsTest& test, std::shared_ptr<Worker> worker,
                                    std::unique_ptr<HttpSession> session);
  void open(UniqueFd fd, const tls::Context* tls);
  Peer connect(const tls::Context* tls);
  // Runs it in the sessions' thread, and waits for that.
  void in_loop(const std::function<void()>& work);

  std::vector<Written> addresses_;
  std::vector<std::unique_ptr<Backend>> backends_;
  std::vector<BackendAddress> resolved_;
  std::vector<BackendAddress> fallbacks_;
  std::optional<AccessLog> access_log_;
  net::Listener listener_;
  std::vector<HttpSession*> sessions_;
  std::vector<std::string> failures_;  // exceptions that sessions ended with
  net::asio::io_context io_{1};
  std::shared_ptr<Worker> worker_;  // the sessions' coroutines hold it too
  std::thread thread_;
};

}  // namespace reprise::router::testing
