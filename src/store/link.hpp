#pragma once

#include <chrono>
#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "base/line_allowance.hpp"
#include "net/address.hpp"
#include "net/deadline.hpp"
#include "net/name_renewal.hpp"
#include "net/stream.hpp"
#include "net/timer.hpp"
#include "store/breaker.hpp"
#include "store/dialect.hpp"
#include "store/request.hpp"
#include "store/tls_client.hpp"

namespace reprise::store {

struct Reach;

// What is told of a link: its answers, and whether it is there.
class LinkOwner {
public:
  virtual ~LinkOwner() = default;
  // `request` is a set, an erase, a get whose answer sends it elsewhere, or slots.
  virtual void answered(Link& link, Request& request, Reply& reply) = 0;
  virtual void connected(Link& link) = 0;
  // Also if there was no connection yet.
  virtual void lost(Link& link) = 0;
  // Not more often than every ten seconds. A line of the log, unless somebody makes more of it.
  virtual void troubled(Link& link, Trouble trouble, std::string_view words);
};

// One connection to one server, made and made again in the background, over which requests go one
// after the other without waiting for answers. Nothing here blocks, and nobody waits for it: a get
// that cannot be asked now is refused, a write waits in a bounded queue.
class Link {
public:
  struct Place {
    std::string name;  // as it was written or told
    std::string host;  // that a certificate is for
    net::Endpoint endpoint;
  };

  static constexpr std::size_t most_writes = 4096;  // in the queue; the oldest go
  static constexpr std::size_t most_write_bytes = std::size_t{4} << 20;
  static constexpr std::size_t most_gets = 512;  // not answered yet
  static constexpr std::size_t most_in_flight = 1024;

  // References outlive this, which outlives the loop.
  Link(net::asio::io_context& io, Place place, const Reach& reach, ServerRow& row,
       LinkOwner& owner);
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  // Begins to connect.
  void start();

  // Goes to another server from now on. What was under way fails, what waited is dropped, and the
  // row begins anew. Not for a link whose answer is just being told.
  void move_to(Place place);
  // The same, and goes nowhere until it is moved: nobody wants its server any more.
  void rest();
  bool rests() const { return rests_; }

  // A get. False if it cannot be asked now; nothing has happened to the request then.
  bool ask(Request& request);
  // A write, or slots.
  void tell(Request request);
  // Before the next, a request goes out that says it is meant for this server (Redis Cluster).
  bool ask_as_exception(Request& request);

  // A get of this link was waited for too long.
  void gave_up();

  const Place& place() const { return place_; }
  bool is_up() const { return up_; }
  ServerRow& row() { return row_; }

private:
  class Connected;
  class Connecting;

  net::awaitable<void> run();
  net::awaitable<bool> attempt();
  net::awaitable<void> connect_and_serve();
  net::awaitable<error_code> connect(net::Socket& socket, std::unique_ptr<net::Stream>& stream,
                                     net::Deadline& deadline);
  net::awaitable<void> wait_for_output(std::uint64_t connection);
  net::awaitable<error_code> serve(net::Stream& stream, std::optional<net::Deadline>& deadline);
  bool can_ask() const;
  error_code take_answers(ReplyReader& reader);
  void take(Request& request, Reply& reply);
  void take_hello(const Reply& reply);
  void take_get(Request& request, Reply& reply);
  void count_failure(const Reply& reply);
  void write_soon();
  void flush_soon();
  void flush();
  void fill();
  void send(Request&& request);
  void drop_oldest();
  void fail_all();
  void failed();
  void watch();
  void look();
  void lose();
  void leave();
  void look_up();
  void name_place();
  void empty_output();
  void show_breaker();
  void report(Trouble trouble, std::string_view words);

  net::asio::io_context& io_;
  Place place_;
  const Reach& reach_;
  ServerRow& row_;
  LinkOwner& owner_;
  std::optional<net::NameRenewal> renewal_;  // of a place that has a host name
  net::Deadlines deadlines_;
  net::Timer watch_timer_;
  net::Timer write_timer_;
  net::Timer pause_timer_;  // until it connects again
  Breaker breaker_;
  log::LineAllowance lines_{1, std::chrono::seconds(10)};

  std::deque<Request> gets_;    // to be sent, before the writes
  std::deque<Request> writes_;  // the same
  std::size_t write_bytes_ = 0;
  Clock::time_point wrote_{};  // the last time that one left
  bool write_waits_ = false;
  std::deque<Request> in_flight_;  // in the order of their answers
  std::size_t gets_in_flight_ = 0;
  std::string out_;
  std::size_t sent_ = 0;  // of out_

  net::Socket* socket_ = nullptr;  // while there is a connection, or one is made
  net::Stream* stream_ = nullptr;  // while connected
  std::uint64_t connection_ = 0;
  std::size_t hellos_ = 0;  // still to be answered
  bool up_ = false;
  bool moved_ = false;  // what goes on is of another server
  bool rests_ = false;
  bool first_try_ = true;  // it has not failed yet
  bool blocked_ = false;   // waiting for output
  bool flushes_ = false;   // soon
  bool watches_ = false;
  std::optional<Trouble> trouble_;  // of this connection
  Clock::time_point hello_sent_{};
};

}  // namespace reprise::store
