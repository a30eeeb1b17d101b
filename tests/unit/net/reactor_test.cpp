#include "net/reactor.hpp"

#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <memory>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "harness.hpp"
#include "net/acceptor.hpp"
#include "net/plain_stream.hpp"
#include "net/signals.hpp"

namespace reprise::net::testing {
namespace {

using namespace std::chrono_literals;

class ReactorTest : public ::testing::Test {
protected:
  void sends(const UniqueFd& fd, std::string_view bytes) {
    ASSERT_EQ(::write(fd.get(), bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  }
  std::size_t run() {
    io_.restart();
    return Reactor::of(io_).run();
  }

  asio::io_context io_;
};

TEST_F(ReactorTest, WhoeverWaitsForTheSameThingSecondIsToldSo) {
  Waiter waiter(io_, Reactor::of(io_).waiting());
  std::vector<error_code> told;
  const auto note = [&told](error_code error) { told.push_back(error); };
  waiter.wait(note, [] {});
  waiter.wait(note, [] {});
  waiter.complete({});
  EXPECT_EQ(run(), 2u);
  EXPECT_EQ(told, (std::vector<error_code>{asio::error::already_started, {}}));
  EXPECT_FALSE(waiter.waiting());
}

TEST_F(ReactorTest, TimersComeInTheOrderOfTheirTimes) {
  Timer late(io_), early(io_), called_off(io_);
  std::vector<std::string> order;
  const auto note = [&order](const char* name) {
    return [&order, name](error_code error) { order.push_back(error ? "cancelled" : name); };
  };
  const auto begin = Timer::Clock::now();
  late.start(20ms, note("late"));
  early.start(5ms, note("early"));
  called_off.start(1h, note("never"));
  called_off.cancel();
  EXPECT_EQ(run(), 3u);
  EXPECT_EQ(order, (std::vector<std::string>{"cancelled", "early", "late"}));
  EXPECT_GE(Timer::Clock::now() - begin, 20ms);
}

TEST_F(ReactorTest, ATimerCanBeUsedAgainAndGoWhileItRuns) {
  int expired = 0, cancelled = 0;
  auto timer = std::make_unique<Timer>(io_);
  for (int turn = 0; turn < 2; ++turn) {
    timer->start(1ms, [&](error_code) { ++expired; });
    run();
  }
  EXPECT_EQ(expired, 2);
  timer->start(1h, [&](error_code error) { cancelled += error == asio::error::operation_aborted; });
  timer.reset();
  run();
  EXPECT_EQ(cancelled, 1);
}

// What keeps itself busy lets events through.
TEST_F(ReactorTest, ATurnIsGivenToWhatHasHappenedMeanwhile) {
  auto [ours, theirs] = socket_pair();
  Socket socket(io_, std::move(ours));
  bool heard = false;
  int turns = 0;
  const auto busy = [&]() -> awaitable<void> {
    while (!heard && turns < 1000) {
      if (++turns == 3) sends(theirs, "x");
      co_await Reactor::of(io_).next_turn();
    }
  };
  const auto listening = [&]() -> awaitable<void> { heard = !co_await socket.ready(Want::input); };
  asio::co_spawn(io_, busy(), asio::detached);
  asio::co_spawn(io_, listening(), asio::detached);
  run();
  EXPECT_TRUE(heard);
  EXPECT_LE(turns, 5);
}

TEST_F(ReactorTest, AnotherThreadEndsTheWait) {
  const auto guard = asio::make_work_guard(io_);
  Reactor& reactor = Reactor::of(io_);
  std::thread other([&] {
    std::this_thread::sleep_for(20ms);
    io_.stop();
    reactor.interrupt();
  });
  reactor.run();
  other.join();
  EXPECT_TRUE(io_.stopped());
}

// Handlers that nobody calls any more are destroyed with their coroutines (seen by ASan).
TEST_F(ReactorTest, WhoStillWaitsGoesWithTheLoop) {
  const auto here = std::make_shared<int>(0);
  {
    asio::io_context io;
    auto [ours, theirs] = socket_pair();
    const auto wait = [](asio::io_context& loop, UniqueFd fd,
                         std::shared_ptr<int>) -> awaitable<void> {
      Socket socket(loop, std::move(fd));
      co_await socket.ready(Want::input);
    };
    const auto sleep = [](asio::io_context& loop, std::shared_ptr<int>) -> awaitable<void> {
      Timer timer(loop);
      co_await timer.wait(1h);
    };
    const auto turn = [](asio::io_context& loop, std::shared_ptr<int>) -> awaitable<void> {
      for (;;)
        co_await Reactor::of(loop).next_turn();
    };
    asio::co_spawn(io, wait(io, std::move(ours), here), asio::detached);
    asio::co_spawn(io, sleep(io, here), asio::detached);
    asio::co_spawn(io, turn(io, here), asio::detached);
    for (int i = 0; i < 5; ++i)
      Reactor::of(io).poll();
    EXPECT_EQ(here.use_count(), 4);
  }
  EXPECT_EQ(here.use_count(), 1);
}

TEST_F(ReactorTest, AnErrorOfAHandlerComesOutAndTheLoopGoesOn) {
  auto [ours, theirs] = socket_pair();
  Socket socket(io_, std::move(ours));
  Started<error_code> waiting(io_, socket.ready(Want::input));
  asio::post(io_, [] { throw std::runtime_error("its trouble"); });
  EXPECT_THROW(run(), std::runtime_error);
  sends(theirs, "x");
  EXPECT_TRUE(waiting.result());
}

// Readiness: what must not be missed when the kernel is asked less often.

TEST_F(ReactorTest, AnEndThatCameWithTheLastBytesIsNotMissed) {
  auto [ours, theirs] = socket_pair();
  Socket socket(io_, std::move(ours));
  Started<error_code> first(io_, socket.ready(Want::input));
  sends(theirs, "bytes");
  theirs.reset();
  ASSERT_TRUE(first.result());
  EXPECT_TRUE(socket.ended());
  char buffer[100];
  EXPECT_EQ(receive(socket, buffer).bytes, 5u);  // less than it asked for: "emptied"
  Started<error_code> second(io_, socket.ready(Want::input));
  EXPECT_TRUE(second.result());
  EXPECT_EQ(receive(socket, buffer).bytes, 0u);
  Started<error_code> third(io_, socket.ready(Want::input));
  EXPECT_TRUE(third.result()) << "an end stays";
}

TEST_F(ReactorTest, BytesThatCameWhileNobodyWaitedAreNotMissed) {
  auto [ours, theirs] = socket_pair();
  Socket socket(io_, std::move(ours));
  char buffer[100];
  for (const bool by_loop : {false, true}) {
    Started<error_code> first(io_, socket.ready(Want::input));
    sends(theirs, "1");
    ASSERT_TRUE(first.result());
    EXPECT_EQ(receive(socket, buffer).bytes, 1u);
    sends(theirs, "2");
    if (by_loop) run_what_is_due(io_);  // takes the event
    Started<error_code> second(io_, socket.ready(Want::input));
    EXPECT_TRUE(second.result());
    EXPECT_EQ(receive(socket, buffer).bytes, 1u);
    Started<error_code> third(io_, socket.ready(Want::input));
    EXPECT_FALSE(third.result()) << "it is empty now";
    sends(theirs, "3");
    EXPECT_TRUE(third.result());
    EXPECT_EQ(receive(socket, buffer).bytes, 1u);
  }
}

TEST_F(ReactorTest, AReaderThatLeavesSomethingFindsItAgain) {
  auto [ours, theirs] = socket_pair();
  Socket socket(io_, std::move(ours));
  Started<error_code> first(io_, socket.ready(Want::input));
  sends(theirs, "four");
  ASSERT_TRUE(first.result());
  char half[2];
  for (int turn = 0; turn < 2; ++turn) {
    EXPECT_EQ(receive(socket, half).bytes, 2u);
    if (turn == 1) break;
    Started<error_code> next(io_, socket.ready(Want::input));
    EXPECT_TRUE(next.result());
  }
}

// Its number and its place in the set are given to the next one.
TEST_F(ReactorTest, ANewDescriptorDoesNotHearOfTheOneBefore) {
  for (int turn = 0; turn < 3; ++turn) {
    auto [ours, theirs] = socket_pair();
    const UniqueFd other_name(::dup(ours.get()));  // keeps the kernel's registration alive
    std::optional<Socket> before(std::in_place, io_, std::move(ours));
    Started<error_code> waiting(io_, before->ready(Want::input));
    before.reset();
    EXPECT_EQ(*waiting.result(), asio::error::operation_aborted);
    auto [new_ours, new_theirs] = socket_pair();
    Socket after(io_, std::move(new_ours));
    Started<error_code> quiet(io_, after.ready(Want::input));
    sends(theirs, "for nobody");
    EXPECT_FALSE(quiet.result());
    sends(new_theirs, "x");
    EXPECT_TRUE(quiet.result());
  }
}

TEST_F(ReactorTest, ManyDescriptorsAtOnce) {
  constexpr int many = 600;  // more than one epoll_wait tells of
  std::vector<UniqueFd> far_ends;
  std::vector<std::unique_ptr<Socket>> sockets;
  int woken = 0;
  const auto wait = [&woken](Socket& socket) -> awaitable<void> {
    if (!co_await socket.ready(Want::input)) ++woken;
  };
  for (int i = 0; i < many; ++i) {
    auto [ours, theirs] = socket_pair();
    sockets.push_back(std::make_unique<Socket>(io_, std::move(ours)));
    far_ends.push_back(std::move(theirs));
    asio::co_spawn(io_, wait(*sockets.back()), asio::detached);
  }
  run_what_is_due(io_);
  for (const UniqueFd& end : far_ends)
    sends(end, "x");
  run_what_is_due(io_);
  EXPECT_EQ(woken, many);
}

// Listeners.

class AcceptorTest : public ReactorTest {
protected:
  UniqueFd connect() { return UniqueFd(connect_to(listener_)); }
  static int connect_to(const Listener& listener) {
    const Endpoint to = Endpoint::local(listener.fd());
    const int fd = ::socket(to.family(), SOCK_STREAM | SOCK_CLOEXEC, 0);
    EXPECT_EQ(::connect(fd, to.data(), to.size()), 0);
    return fd;
  }

  Listener listener_ = Listener::bind("127.0.0.1:0", {});
};

// A process of its own: a loop and an acceptor for the same listener.
struct Process {
  explicit Process(const Listener& listener)
      : acceptor(
            io, listener, [this](UniqueFd, const Endpoint&) { ++accepted; }, [](error_code) {}) {
    acceptor.start(nullptr);
    turn();
  }
  ~Process() {
    acceptor.stop();
    turn();
  }
  // What happened since; true if it was woken.
  bool turn() {
    io.restart();
    bool woken = false;
    while (Reactor::of(io).poll())
      woken = true;
    return woken;
  }

  asio::io_context io;
  int accepted = 0;
  Acceptor acceptor;
};

TEST_F(AcceptorTest, AConnectionIsAcceptedOnce) {
  Process first(listener_), second(listener_);
  std::vector<UniqueFd> clients;
  for (int i = 0; i < 100; ++i) {
    clients.push_back(connect());
    first.turn();
    second.turn();
  }
  EXPECT_EQ(first.accepted + second.accepted, 100);
  EXPECT_FALSE(first.turn()) << "an idle process has nothing to do";
}

TEST_F(AcceptorTest, StoppedItLeavesTheListenerToOthers) {
  Process other(listener_);
  {
    Process one(listener_);
    one.acceptor.stop();
    const UniqueFd client = connect();
    one.turn();
    EXPECT_EQ(one.accepted, 0);
    EXPECT_TRUE(other.turn());
    EXPECT_EQ(other.accepted, 1);
  }
  const UniqueFd client = connect();
  other.turn();
  EXPECT_EQ(other.accepted, 2);
}

// Signals.

TEST_F(ReactorTest, SignalsAreEvents) {
  std::vector<int> received;
  {
    const Signals signals(io_, {SIGUSR2, SIGURG}, [&](int number) {
      received.push_back(number);
      if (received.size() == 2) io_.stop();
    });
    ::kill(::getpid(), SIGUSR2);
    ::kill(::getpid(), SIGURG);
    run();
  }
  EXPECT_EQ(received.size(), 2u);
  sigset_t now;
  ::sigprocmask(SIG_BLOCK, nullptr, &now);
  EXPECT_EQ(::sigismember(&now, SIGUSR2), 0);
}

}  // namespace
}  // namespace reprise::net::testing
