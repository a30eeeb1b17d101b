#include "tlsload/crowd.hpp"

#include <stdexcept>
#include <unordered_set>
#include <utility>

namespace reprise::bench {
namespace {

constexpr int patience_milliseconds = 10'000;

using State = Connection::State;

SessionPtr take_first(Sessions& sessions) {
  if (sessions.empty()) return nullptr;
  SessionPtr first = std::move(sessions.front());
  sessions.pop_front();
  return first;
}

}  // namespace

void Crowd::visit(std::uint64_t count, Sessions& offered, Sessions& received, End end, Tally& tally,
                  const Request* request) {
  std::uint64_t to_begin = count;
  std::uint64_t to_finish = count;
  std::unordered_map<Connection*, Connection::Clock::time_point> asked;  // and when they began
  const auto next = [&] {
    if (to_begin == 0) return;
    --to_begin;
    begin(take_first(offered));
  };
  for (std::uint64_t i = 0; i < options_.concurrency; ++i)
    next();
  run([&] { return to_finish == 0; },
      [&](Connection& connection) {
        const auto [place, is_new] = asked.emplace(&connection, connection.started_at());
        if (is_new) count_handshake(connection, tally);
        if (is_new && request != nullptr) return connection.start(*request);
        tally.complete(place->second);
        connection.end(end);
      },
      [&](Connection& connection, bool) {
        asked.erase(&connection);
        if (connection.state() == State::failed) tally.fail(connection.error());
        if (SessionPtr session = connection.take_session()) received.push_back(std::move(session));
        --to_finish;
        next();
      });
}

void Crowd::open(std::uint64_t count, const Request& request, Tally& tally) {
  std::uint64_t to_begin = count;
  std::uint64_t to_finish = count;
  std::unordered_set<Connection*> asked;
  const auto next = [&] {
    if (to_begin == 0) return;
    --to_begin;
    begin(nullptr);
  };
  for (std::uint64_t i = 0; i < options_.concurrency; ++i)
    next();
  run([&] { return to_finish == 0; },
      [&](Connection& connection) {
        if (asked.insert(&connection).second) {
          count_handshake(connection, tally);
          connection.start(request);
        } else {
          tally.complete(connection.started_at());
          --to_finish;
          next();
        }
      },
      [&](Connection& connection, bool was_idle) {
        tally.fail(connection.error());
        if (was_idle) return;
        --to_finish;
        next();
      });
}

void Crowd::exchange(std::uint64_t count, const Request& request, Tally& tally) {
  std::uint64_t to_begin = count;
  std::uint64_t under_way = 0;
  const auto next = [&](Connection& connection) {
    if (to_begin == 0) return;
    --to_begin;
    ++under_way;
    connection.start(request);
  };
  for (const auto& [connection, owner] : connections_)
    next(*connection);
  run([&] { return under_way == 0; },
      [&](Connection& connection) {
        tally.complete(connection.started_at());
        --under_way;
        next(connection);
      },
      [&](Connection& connection, bool was_idle) {
        tally.fail(connection.error());
        if (!was_idle) --under_way;
      });
  if (to_begin > 0) throw std::runtime_error("no connection is left: " + tally.first_error);
}

void Crowd::begin(SessionPtr offered) {
  auto connection =
      std::make_unique<Connection>(poller_, options_.target, context_, std::move(offered));
  Connection* const key = connection.get();
  connections_.emplace(key, std::move(connection));
}

void Crowd::count_handshake(const Connection& connection, Tally& tally) {
  if (connection.resumed()) ++tally.resumed;
  if (connection.retried()) ++tally.retries;
}

void Crowd::run(const std::function<bool()>& done, const OnReady& on_ready, const OnGone& on_gone) {
  while (!done()) {
    const auto events = poller_.wait(patience_milliseconds);
    if (events.empty()) throw std::runtime_error("nothing has happened for ten seconds");
    for (const epoll_event& event : events) {
      auto& connection = *static_cast<Connection*>(event.data.ptr);
      const State before = connection.state();
      connection.on_event();
      if (connection.state() == State::ready && before != State::ready) on_ready(connection);
      if (connection.state() == State::ended || connection.state() == State::failed) {
        const auto last = connections_.extract(&connection);
        on_gone(connection, before == State::ready);
      }
    }
  }
}

}  // namespace reprise::bench
