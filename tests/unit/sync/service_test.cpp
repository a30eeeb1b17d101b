// The service and those who take copies from it, in one loop.
#include "sync/service.hpp"

#include <optional>

#include <boost/asio/post.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dump_harness.hpp"
#include "harness.hpp"
#include "net/acceptor.hpp"
#include "net/connect.hpp"
#include "net/plain_stream.hpp"
#include "net/reactor.hpp"
#include "sync/copier.hpp"
#include "sync/copy_stream.hpp"

namespace reprise::sync::testing {
namespace {

using namespace std::string_literals;
using net::awaitable;
using std::chrono::milliseconds;

class Open final : public Acceptance {
public:
  std::optional<Rejection> judge(Change&, const Arrival& arrival) override {
    copied_at = arrival.copied_at;
    return std::nullopt;
  }
  bool may_leave(const cache::Item&) const override { return true; }
  UnixSeconds copied_at = 0;
};

// A neighbour that answers each connection in turn with other bytes, and then closes it or not.
class FakeNeighbour {
public:
  struct Answer {
    std::string bytes;
    bool closes = true;
  };
  FakeNeighbour(net::asio::io_context& io, std::vector<Answer> answers)
      : io_(io), answers_(std::move(answers)) {
    acceptor_.emplace(
        io, listener_, [this](UniqueFd fd, const net::Endpoint&) { admit(std::move(fd)); },
        [](error_code) {});
    acceptor_->start(nullptr);
  }
  void stop() { acceptor_->stop(); }
  net::Endpoint address() const { return net::Endpoint::local(listener_.fd()); }
  std::size_t asked() const { return next_; }

private:
  void admit(UniqueFd fd) {
    const Answer answer = next_ < answers_.size() ? answers_[next_] : Answer{};
    ++next_;
    net::asio::co_spawn(io_, serve(std::move(fd), answer), net::asio::detached);
  }
  awaitable<void> serve(UniqueFd fd, Answer answer) {
    net::Socket socket(io_, std::move(fd));
    net::PlainStream stream(socket);
    char request[1024];
    co_await net::read_some(stream, request);
    co_await net::write_all(stream, answer.bytes);
    if (answer.closes) stream.shut_down();
    co_await net::read_some(stream, request);  // until the other side ends it
  }

  net::asio::io_context& io_;
  std::vector<Answer> answers_;
  std::size_t next_ = 0;
  net::Listener listener_ = net::Listener::bind("127.0.0.1:0", {});
  std::optional<net::Acceptor> acceptor_;
};

class ServiceTest : public ::testing::Test {
protected:
  static cache::Settings named(std::uint64_t items, std::uint64_t keysize = 64) {
    cache::Settings out = Replica::usual();
    out.name = "ssl";
    out.max_items = items;
    out.keysize = keysize;
    return out;
  }
  void fill(int count) {
    for (int i = 0; i < count; ++i)
      source_.plain->set("key" + std::to_string(i), "value" + std::to_string(i), 0, unix_now());
  }
  void serve(Service::Options options = {}) {
    std::vector<Offer> offers{{source_.cache, source_.intake, open_}};
    service_.emplace(io_, std::vector<const net::Listener*>{&listener_}, std::move(offers),
                     ledger_.counters(), options);
    service_->start();
  }
  net::Endpoint address() const { return net::Endpoint::local(listener_.fd()); }

  // Runs the loop until the copy has ended, one way or other.
  CopyEnd copy(const net::Endpoint& from, Copier::Options options = {}) {
    CopyEnd end = CopyEnd::broken;
    net::Deadlines deadlines(io_, milliseconds(10));
    Copier copier(io_, deadlines, *target_.plain, target_.intake, target_.ledger.cache().copy,
                  options);
    run([](Copier& c, net::Endpoint e, CopyEnd& result) -> awaitable<void> {
      result = co_await c.copy_from(e);
    }(copier, from, end));
    return end;
  }
  // What a client gets that sends this and then closes its side.
  std::string ask(const std::string& request, bool reads = true) {
    std::string answer;
    run([](net::asio::io_context& io, net::Endpoint to, std::string bytes, bool wants,
           std::string& all) -> awaitable<void> {
      net::Deadlines deadlines(io);
      const net::Deadline never(deadlines, [] {});
      auto socket = net::Socket::open(io, to.family());
      co_await net::connect(io, *socket, to, never);
      net::PlainStream stream(*socket);
      co_await net::write_all(stream, bytes);
      std::string chunk(65536, '\0');
      while (wants) {
        const auto size = co_await net::read_some(stream, chunk);
        if (!size || *size == 0) break;
        all.append(chunk, 0, *size);
      }
    }(io_, address(), request, reads, answer));
    return answer;
  }
  void run(awaitable<void> work) {
    bool done = false;
    net::asio::co_spawn(io_, std::move(work), [&](std::exception_ptr failure) {
      EXPECT_FALSE(failure);
      done = true;
      io_.stop();
    });
    run_for(std::chrono::seconds(20));
    EXPECT_TRUE(done);
  }
  // Or until it is stopped.
  void run_for(std::chrono::milliseconds time) {
    net::Timer limit(io_);
    limit.start(time, [this](error_code error) {
      if (!error) io_.stop();
    });
    io_.restart();
    net::Reactor::of(io_).run();
  }
  std::uint64_t items() const { return target_.plain->counts().items; }
  std::uint64_t refused(Rejection reason) const {
    return target_.ledger.cache().copy.rejected[static_cast<std::size_t>(reason)].get();
  }
  const ServiceCounters& counters() const { return ledger_.counters(); }

  net::asio::io_context io_{1};
  Open open_;
  Replica source_{{}, named(5000), &open_};
  Replica target_{{}, named(5000), &open_};
  ServiceLedger ledger_;
  net::Listener listener_ = net::Listener::bind("127.0.0.1:0", {});
  std::optional<Service> service_;
};

TEST_F(ServiceTest, ACopyHasEveryItem) {
  fill(3000);
  serve();
  EXPECT_EQ(copy(address()), CopyEnd::complete);
  EXPECT_EQ(items(), 3000u);
  EXPECT_EQ(target_.plain->get("key77", unix_now())->value, "value77");
  EXPECT_NEAR(static_cast<double>(open_.copied_at), static_cast<double>(unix_now()), 5);
  EXPECT_EQ(counters().items_sent.get(), 3000u);
  EXPECT_EQ(counters().copies.get(), 1u);
  EXPECT_EQ(target_.ledger.cache().copy.taken.get(), 3000u);
  // Nobody's statistics have changed by it.
  EXPECT_EQ(source_.plain->counts().hits + source_.plain->counts().miss, 0u);
}

TEST_F(ServiceTest, WhatIsHereStays) {
  fill(2);
  target_.plain->set("key1", "newer", 0, unix_now());
  serve();
  EXPECT_EQ(copy(address()), CopyEnd::complete);
  EXPECT_EQ(target_.plain->get("key1", unix_now())->value, "newer");
  EXPECT_EQ(target_.plain->get("key0", unix_now())->value, "value0");
  EXPECT_EQ(refused(Rejection::present), 1u);
}

TEST_F(ServiceTest, NothingThatLivesMakesRoom) {
  fill(100);
  serve();
  auto small = named(11);
  small.eviction = cache::Eviction::oldest;
  Replica target({}, small, &open_);
  for (int i = 0; i < 5; ++i)
    target.plain->set("mine" + std::to_string(i), "v", 0, unix_now());
  net::Deadlines deadlines(io_);
  Copier copier(io_, deadlines, *target.plain, target.intake, target.ledger.cache().copy, {});
  run([](Copier& c, net::Endpoint e) -> awaitable<void> { co_await c.copy_from(e); }(copier,
                                                                                     address()));
  EXPECT_EQ(target.plain->counts().items, 10u);
  EXPECT_EQ(target.plain->counts().evicted, 0u);
  EXPECT_TRUE(target.plain->exists("mine0", unix_now()));
}

TEST_F(ServiceTest, AUwsgiIsGivenItsOwnFormAndCanBeRead) {
  fill(3000);
  serve();
  const std::string request = std::string("\x6f\x03\x00\x06", 4) + "ssl";
  const std::string dump = ask(request);
  Basket basket;
  DumpReader reader(named(5000), unix_now(), basket);
  EXPECT_EQ(read_all(reader, dump), ItemReader::Status::complete);
  EXPECT_EQ(basket.items.size(), 3000u);
  EXPECT_EQ(dump.size(), 34u + 5000u * (88 + 64) + 5000u * 4096);
  EXPECT_EQ(counters().dumps.get(), 1u);
}

TEST_F(ServiceTest, AUwsgiAnswersTheSecondQuestion) {
  const auto of = named(100, 33);
  DumpWriter writer(of, 1 << 20);
  writer.add("one", {"1", 0, 0});
  FakeNeighbour uwsgi(io_, {{""}, {written(writer)}});
  EXPECT_EQ(copy(uwsgi.address()), CopyEnd::complete);
  EXPECT_EQ(uwsgi.asked(), 2u);
  EXPECT_TRUE(target_.plain->exists("one", unix_now()));
  uwsgi.stop();
}

TEST_F(ServiceTest, NeighboursThatAreNoHelp) {
  FakeNeighbour silent(io_, {{"", false}}), garbage(io_, {{std::string(100'000, 'x')}}),
      deaf(io_, {{""}, {""}}), cut(io_, {{copy_head(9)}});
  const Copier::Options hurried{milliseconds(50), std::chrono::seconds(9)};
  EXPECT_EQ(copy(silent.address(), hurried), CopyEnd::too_slow);
  EXPECT_EQ(copy(garbage.address()), CopyEnd::broken);
  EXPECT_EQ(copy(deaf.address()), CopyEnd::unanswered);
  EXPECT_EQ(copy(cut.address()), CopyEnd::broken);
  EXPECT_EQ(items(), 0u);
  for (FakeNeighbour* each : {&silent, &garbage, &deaf, &cut})
    each->stop();
  const UniqueFd nobody(::socket(AF_INET, SOCK_STREAM, 0));  // bound, and not listening
  const net::Endpoint any = endpoint("127.0.0.1:0");
  ASSERT_EQ(::bind(nobody.get(), any.data(), any.size()), 0);
  EXPECT_EQ(copy(net::Endpoint::local(nobody.get())), CopyEnd::unreachable);
}

TEST_F(ServiceTest, ACommandIsAnswered) {
  fill(1);
  serve();
  EXPECT_EQ(ask(std::string("\x6f\x04\x00\x00key0", 8)), std::string("\x6f\x06\x00\x00value0", 10));
  EXPECT_EQ(ask(std::string("\x6f\x04\x00\x06nope", 8)), "");
  EXPECT_EQ(ask("GET / HTTP/1.0\r\n\r\n"), "");
  EXPECT_EQ(ask(std::string("\x6f\x01\x00\x63k", 5)), "");
  EXPECT_EQ(counters().connections.get(), 4u);
  EXPECT_EQ(counters().commands.get(), 2u);
  EXPECT_EQ(counters().malformed.get(), 2u);
}

const std::string request_to_clear =
    "\x6f\x18\x00\x11\x03\x00"
    "cmd\x05\x00"
    "clear\x05\x00"
    "cache\x03\x00ssl"s;

TEST_F(ServiceTest, AClearGoesOverTheWholeCacheInSlices) {
  fill(5000);
  serve();
  EXPECT_EQ(ask(request_to_clear), "\x6f\x0c\x00\x11\x06\x00status\x02\x00ok"s);
  EXPECT_EQ(source_.plain->counts().items, 0u);
  EXPECT_EQ(source_.plain->verify(), "");
}

TEST_F(ServiceTest, WhatIsErasedDuringACopyIsNotBroughtBackByIt) {
  const auto of = [](const char* key) {
    Change item;
    item.operation = Operation::set;
    item.key = key;
    item.value = "v";
    return item;
  };
  Change erase;
  erase.operation = Operation::erase;
  erase.key = "gone";
  const Arrival arrival{unix_now(), false, unix_now()};
  {
    const Intake::Copying copying(target_.intake);
    target_.intake.take(erase, Existing::replace, address(), unix_now());
    EXPECT_EQ(target_.intake.copy(of("gone"), arrival), Rejection::erased);
    EXPECT_EQ(target_.intake.copy(of("other"), arrival), std::nullopt);
  }
  EXPECT_EQ(target_.intake.copy(of("gone"), arrival), std::nullopt);
}

TEST_F(ServiceTest, ACopyThatLostCountOfWhatWasErasedTakesNothingMore) {
  Change erase;
  erase.operation = Operation::erase;
  const Intake::Copying copying(target_.intake);
  for (std::size_t i = 0; i <= Intake::most_erased; ++i) {
    const std::string key = std::to_string(i);
    erase.key = key;
    target_.intake.take(erase, Existing::replace, address(), unix_now());
  }
  Change item;
  item.operation = Operation::set;
  item.key = "never erased";
  item.value = "v";
  EXPECT_EQ(target_.intake.copy(item, {unix_now(), false, unix_now()}), Rejection::erased);
}

TEST_F(ServiceTest, ASilentClientIsCut) {
  Service::Options options;
  options.request = milliseconds(100);
  serve(options);
  EXPECT_EQ(ask("\x6f"), "");
  EXPECT_EQ(counters().cut.get(), 1u);
}

TEST_F(ServiceTest, AClientThatDoesNotReadIsCutAndHoldsUpNobody) {
  fill(3000);
  Service::Options options;
  options.piece = milliseconds(200);
  serve(options);
  const std::string dump_request = std::string("\x6f\x03\x00\x06", 4) + "ssl";
  const UniqueFd lazy(::socket(AF_INET, SOCK_STREAM, 0));
  const net::Endpoint to = address();
  ASSERT_EQ(::connect(lazy.get(), to.data(), to.size()), 0);
  ASSERT_EQ(::send(lazy.get(), dump_request.data(), dump_request.size(), 0), 7);
  EXPECT_EQ(copy(address()), CopyEnd::complete);
  for (int i = 0; i < 1000 && counters().cut.get() == 0; ++i)
    run_for(milliseconds(10));
  EXPECT_EQ(counters().cut.get(), 1u);
}

TEST_F(ServiceTest, TheOldestOfTooManyGoes) {
  Service::Options options;
  options.max_clients = 2;
  serve(options);
  const net::Endpoint to = address();
  std::vector<UniqueFd> crowd;
  for (int i = 0; i < 3; ++i) {
    crowd.emplace_back(::socket(AF_INET, SOCK_STREAM, 0));
    ASSERT_EQ(::connect(crowd.back().get(), to.data(), to.size()), 0);
  }
  run_for(milliseconds(50));
  EXPECT_EQ(counters().connections.get(), 3u);
  EXPECT_EQ(counters().active.get(), 2u);
  EXPECT_EQ(counters().cut.get(), 1u);
}

TEST_F(ServiceTest, ThoseThatAreBeingAnsweredStay) {
  fill(3000);
  Service::Options options;
  options.max_clients = 2;
  serve(options);
  const net::Endpoint to = address();
  const std::string dump_request = std::string("\x6f\x03\x00\x06", 4) + "ssl";
  std::vector<UniqueFd> crowd;
  for (int i = 0; i < 3; ++i) {
    crowd.emplace_back(::socket(AF_INET, SOCK_STREAM, 0));
    ASSERT_EQ(::connect(crowd.back().get(), to.data(), to.size()), 0);
    if (i < 2) {
      ASSERT_EQ(::send(crowd.back().get(), dump_request.data(), 7, 0), 7);
    }
    run_for(milliseconds(50));
  }
  EXPECT_EQ(counters().active.get(), 2u);
  char byte = 0;
  EXPECT_EQ(::recv(crowd[2].get(), &byte, 1, MSG_DONTWAIT), 0) << "the new one is refused";
  EXPECT_EQ(::recv(crowd[0].get(), &byte, 1, MSG_DONTWAIT), 1);
}

TEST_F(ServiceTest, AnAnswerAsAWholeHasItsTime) {
  fill(3000);
  Service::Options options;
  options.whole = milliseconds(200);
  serve(options);
  const std::string dump_request = std::string("\x6f\x03\x00\x06", 4) + "ssl";
  const UniqueFd slow(::socket(AF_INET, SOCK_STREAM, 0));
  const net::Endpoint to = address();
  ASSERT_EQ(::connect(slow.get(), to.data(), to.size()), 0);
  ASSERT_EQ(::send(slow.get(), dump_request.data(), 7, 0), 7);
  std::string some(65536, '\0');
  for (int i = 0; i < 1000 && counters().cut.get() == 0; ++i) {
    run_for(milliseconds(10));
    ::recv(slow.get(), some.data(), some.size(), MSG_DONTWAIT);  // each piece is taken in time
  }
  EXPECT_EQ(counters().cut.get(), 1u);
}

TEST_F(ServiceTest, OnlySoManyDumpsAtATime) {
  Service::Options options;
  options.max_dumps = 0;
  serve(options);
  EXPECT_EQ(ask(std::string("\x6f\x03\x00\x06", 4) + "ssl"), "");
  EXPECT_EQ(counters().busy.get(), 1u);
}

}  // namespace
}  // namespace reprise::sync::testing
