#pragma once

#include <functional>
#include <utility>

#include <boost/asio/post.hpp>
#include <boost/intrusive/list.hpp>

#include "net/asio.hpp"
#include "shm/counter.hpp"

namespace reprise::router {

// The sessions of a worker that run, and the waiting for the end of the last one. `Session` is a
// boost::intrusive::list_base_hook.
template <class Session>
class SessionList {
public:
  // `active` shows their number. References outlive this.
  SessionList(net::asio::io_context& io, shm::Counter& active) : io_(io), active_(active) {}

  // A session is in the list for as long as this lives.
  class Membership {
  public:
    Membership(SessionList& list, Session& session) : list_(list), session_(session) {
      list_.sessions_.push_back(session_);
      list_.active_.add();
    }
    ~Membership() { list_.remove(session_); }
    Membership(const Membership&) = delete;
    Membership& operator=(const Membership&) = delete;

  private:
    SessionList& list_;
    Session& session_;
  };

  auto begin() { return sessions_.begin(); }
  auto end() { return sessions_.end(); }

  // Calls `done` once, when none runs (any more).
  void when_empty(std::function<void()> done) {
    done_ = std::move(done);
    look();
  }

private:
  void remove(Session& session) {
    sessions_.erase(sessions_.iterator_to(session));
    active_.subtract();
    look();
  }
  void look() {
    if (done_ && sessions_.empty()) net::asio::post(io_, std::exchange(done_, nullptr));
  }

  net::asio::io_context& io_;
  shm::Counter& active_;
  boost::intrusive::list<Session> sessions_;
  std::function<void()> done_;
};

}  // namespace reprise::router
