#include <chrono>
#include <thread>

#include "harness.hpp"
#include "net/reactor.hpp"

namespace reprise::tls::testing {
namespace {

class ResumptionTest : public TlsTest, public ::testing::WithParamInterface<int> {
protected:
  Visit visit(SSL_SESSION* session = nullptr) const {
    Visit visit;
    visit.version = GetParam();
    visit.session = session;
    return visit;
  }
  // The session of the item in the store with another time, timeout and context.
  static std::string altered(const std::string& der, long time, long timeout) {
    const auto* position = reinterpret_cast<const unsigned char*>(der.data());
    const SessionPtr session(d2i_SSL_SESSION(nullptr, &position, static_cast<long>(der.size())));
    SSL_SESSION_set_time(session.get(), time);
    SSL_SESSION_set_timeout(session.get(), timeout);
    unsigned char* bytes = nullptr;
    const int size = i2d_SSL_SESSION(session.get(), &bytes);
    std::string out(reinterpret_cast<char*>(bytes), static_cast<std::size_t>(size));
    OPENSSL_free(bytes);
    return out;
  }
};
INSTANTIATE_TEST_SUITE_P(Versions, ResumptionTest,
                         ::testing::Values(TLS1_2_VERSION, TLS1_3_VERSION), [](const auto& of) {
                           return of.param == TLS1_2_VERSION ? "Tls12" : "Tls13";
                         });

TEST_P(ResumptionTest, AnotherContextWithTheSameStoreResumes) {
  Context& one = listen(&store_);
  Context& other = listen(&store_);
  Outcome outcome = connect(one, visit());
  ASSERT_TRUE(outcome.completed);
  EXPECT_FALSE(outcome.reused);
  EXPECT_EQ(store_.items.size(), 1u);
  for (int i = 0; i < 3; ++i) {
    outcome = connect(other, visit(outcome.session.get()));
    EXPECT_TRUE(outcome.completed);
    EXPECT_TRUE(outcome.reused);
  }
  EXPECT_EQ(ended(), 4u);
  EXPECT_EQ(missed(), 0u);
}

TEST_P(ResumptionTest, OneSessionResumesManyTimes) {
  Context& context = listen(&store_);
  const Outcome first = connect(context, visit());
  for (int i = 0; i < 3; ++i)
    EXPECT_TRUE(connect(context, visit(first.session.get())).reused);
}

TEST_P(ResumptionTest, SealedTicketsResumeOnEveryContextOfTheNode) {
  Context& one = listen(nullptr);
  Context& other = listen(nullptr);
  const Outcome first = connect(one, visit());
  EXPECT_TRUE(connect(other, visit(first.session.get())).reused);
  EXPECT_EQ(missed(), 0u);
  EXPECT_GE(counters_.sessions_stored.get(), 1u);
}

TEST_P(ResumptionTest, TicketsOfOtherKeysAreUnknown) {
  Context& one = listen(nullptr);
  const TicketKeys other_keys;
  const Context other(settings_, make_sni_contexts(sni_), nullptr, other_keys);
  const Outcome first = connect(one, visit());
  const Outcome second = connect(other, visit(first.session.get()));
  EXPECT_TRUE(second.completed);
  EXPECT_FALSE(second.reused);
  EXPECT_EQ(counters_.miss_unknown.get(), 1u);
}

TEST_P(ResumptionTest, TheSessionIsStoredBeforeTheLastFlightLeaves) {
  Context& context = listen(&store_);
  Pair pair(io_, context, counters_);
  // Between the client's last message and the session there must be nothing on the wire.
  bool checked = false;
  store_.on_put = [&] {
    int waiting = -1;
    ASSERT_EQ(::ioctl(pair.client_fd.get(), FIONREAD, &waiting), 0);
    EXPECT_EQ(waiting, 0);
    checked = true;
  };
  start(pair);
  const SslContextPtr client_side = client_context(visit());
  Outcome outcome;
  SslPtr client(SSL_new(client_side.get()));
  SSL_set_app_data(client.get(), &outcome);
  SSL_set_fd(client.get(), pair.client_fd.get());
  for (int turn = 0; turn < 20 && !pair.server_end; ++turn) {
    SSL_connect(client.get());
    run_what_is_due();
  }
  EXPECT_TRUE(checked);
  store_.on_put = nullptr;
}

TEST_P(ResumptionTest, UnknownSessionsMiss) {
  Context& context = listen(&store_);
  const Outcome first = connect(context, visit());
  store_.items.clear();
  const Outcome second = connect(context, visit(first.session.get()));
  EXPECT_TRUE(second.completed);
  EXPECT_FALSE(second.reused);
  EXPECT_EQ(counters_.miss_unknown.get(), 1u);
  EXPECT_EQ(missed(), 1u);
}

TEST_P(ResumptionTest, ExpiredSessionsMiss) {
  Context& context = listen(&store_);
  const Outcome first = connect(context, visit());
  for (auto& [id, item] : store_.items)
    item.expires = unix_now();
  EXPECT_FALSE(connect(context, visit(first.session.get())).reused);
  EXPECT_EQ(counters_.miss_expired.get(), 1u);
}

TEST_P(ResumptionTest, ASessionThatSaysItIsOverIsExpiredWhateverTheStoreSays) {
  Context& context = listen(&store_);
  const Outcome first = connect(context, visit());
  const auto now = static_cast<long>(unix_now());
  for (auto& [id, item] : store_.items)
    item.der = altered(item.der, now - 100, 100);
  EXPECT_FALSE(connect(context, visit(first.session.get())).reused);
  EXPECT_EQ(counters_.miss_expired.get(), 1u);
}

// As sessions that came from another node, by whose clock their time is.
class ElsewhereTest : public ResumptionTest {
protected:
  void from_elsewhere(long clock_off, bool trusted) {
    const auto now = static_cast<long>(unix_now());
    for (auto& [id, item] : store_.items) {
      item.der = altered(item.der, now + clock_off, 300);
      item.made_elsewhere = true;
      item.trusted = trusted;
    }
  }
};
INSTANTIATE_TEST_SUITE_P(Versions, ElsewhereTest, ::testing::Values(TLS1_2_VERSION, TLS1_3_VERSION),
                         [](const auto& of) {
                           return of.param == TLS1_2_VERSION ? "Tls12" : "Tls13";
                         });

TEST_P(ElsewhereTest, ResumesWhateverTheClockOfItsMakerSays) {
  Context& context = listen(&store_);
  for (const long off : {-7200L, 0L, 7200L}) {
    store_.items.clear();
    const Outcome first = connect(context, visit());
    from_elsewhere(off, /*trusted=*/false);
    EXPECT_TRUE(connect(context, visit(first.session.get())).reused) << off;
  }
  EXPECT_EQ(missed(), 0u);
}

TEST_P(ElsewhereTest, EndsWhenTheStoreSaysSo) {
  Context& context = listen(&store_);
  const Outcome first = connect(context, visit());
  from_elsewhere(7200, /*trusted=*/false);
  for (auto& [id, item] : store_.items)
    item.expires = unix_now() + 50;
  const Outcome second = connect(context, visit(first.session.get()));
  EXPECT_TRUE(second.reused);
  if (GetParam() == TLS1_3_VERSION) {
    EXPECT_NEAR(static_cast<double>(second.lifetime_hint), 50, 1);
  }
}

TEST_P(ElsewhereTest, IsNotBelievedWhereCertificatesAreAskedFor) {
  for (const auto rule : {ClientCertificate::optional, ClientCertificate::required}) {
    ask_for_certificate(settings_.identity, rule);
    Context& context = listen(&store_);
    const Certificate client("client", &authority_);
    store_.items.clear();
    store_.kinds.clear();
    Visit with_certificate = visit();
    with_certificate.certificate = &client;
    const Outcome first = connect(context, with_certificate);
    ASSERT_TRUE(first.completed);
    EXPECT_EQ(store_.kinds, std::vector{SessionKind::identifying});
    from_elsewhere(0, /*trusted=*/false);
    Visit again = visit(first.session.get());
    EXPECT_FALSE(connect(context, again).reused);
    EXPECT_FALSE(peer_);
    from_elsewhere(0, /*trusted=*/true);
    EXPECT_TRUE(connect(context, again).reused);
    EXPECT_TRUE(peer_);
  }
  EXPECT_EQ(counters_.miss_untrusted.get(), 2u);
}

TEST_P(ResumptionTest, RubbishInTheStoreMissesAndGoes) {
  Context& context = listen(&store_);
  const Outcome first = connect(context, visit());
  const std::string id = store_.items.begin()->first;
  for (const std::string& rubbish : {std::string("rubbish"), std::string(5000, '\x30')}) {
    store_.items[id] = {rubbish, unix_now() + 100};
    EXPECT_FALSE(connect(context, visit(first.session.get())).reused);
    EXPECT_FALSE(store_.items.contains(id));
  }
  EXPECT_EQ(counters_.miss_undecodable.get(), 2u);
}

TEST_P(ResumptionTest, ADerWithATailIsRubbish) {
  Context& context = listen(&store_);
  const Outcome first = connect(context, visit());
  store_.items.begin()->second.der += '\0';
  EXPECT_FALSE(connect(context, visit(first.session.get())).reused);
  EXPECT_EQ(counters_.miss_undecodable.get(), 1u);
}

TEST_P(ResumptionTest, ASessionOfAnotherTextMisses) {
  Context& one = listen(&store_);
  settings_.session_context = std::string(100, 'x');
  Context& other = listen(&store_);
  const Outcome first = connect(one, visit());
  EXPECT_FALSE(connect(other, visit(first.session.get())).reused);
  EXPECT_EQ(counters_.miss_other_context.get(), 1u);
  EXPECT_EQ(missed(), 1u);
}

TEST_P(ResumptionTest, NoSessionCrossesToAPlaceThatDemandsACertificate) {
  for (SessionStore* store :
       {static_cast<SessionStore*>(&store_), static_cast<SessionStore*>(nullptr)}) {
    Context& open = listen(store);
    Settings strict_settings = settings_;
    ask_for_certificate(strict_settings.identity, ClientCertificate::required);
    Context& strict = listen(store, strict_settings);
    const Outcome first = connect(open, visit());
    EXPECT_FALSE(connect(strict, visit(first.session.get())).completed);
  }
  EXPECT_EQ(counters_.failed_certificate.get(), 2u);
}

TEST_P(ResumptionTest, TheCertificateComesBackWithTheSession) {
  ask_for_certificate(settings_.identity, ClientCertificate::required);
  Context& context = listen(&store_);
  const Certificate client("client", &authority_);
  Visit with_certificate = visit();
  with_certificate.certificate = &client;
  const Outcome first = connect(context, with_certificate);
  ASSERT_TRUE(first.completed);
  ASSERT_TRUE(peer_);
  EXPECT_EQ(peer_->dn, "/CN=client");
  EXPECT_EQ(peer_->pem, client.pem());
  const Outcome second = connect(context, visit(first.session.get()));
  EXPECT_TRUE(second.reused);
  ASSERT_TRUE(peer_);
  EXPECT_EQ(peer_->pem, client.pem());
}

TEST_P(ResumptionTest, LifetimeIsCountedFromTheFullHandshake) {
  settings_.policy.session_timeout = std::chrono::seconds(300);
  Context& context = listen(&store_);
  Outcome outcome = connect(context, visit());
  ASSERT_EQ(store_.items.size(), 1u);
  const auto now = static_cast<long>(unix_now());
  const UnixSeconds end = store_.items.begin()->second.expires;
  EXPECT_NEAR(static_cast<double>(end), static_cast<double>(now + 300), 1);
  // As if it had been made 100 seconds ago.
  for (auto& [id, item] : store_.items)
    item = {altered(item.der, now - 100, 300), end - 100};
  outcome = connect(context, visit(outcome.session.get()));
  ASSERT_TRUE(outcome.reused);
  for (const auto& [id, item] : store_.items)
    EXPECT_LE(item.expires, end - 100 + 1);
  if (GetParam() == TLS1_3_VERSION) {
    EXPECT_GE(outcome.lifetime_hint, 199);
    EXPECT_LE(outcome.lifetime_hint, 200);
  }
}

TEST_P(ResumptionTest, TheLastSecondResumesAndRenewsNothing) {
  Context& context = listen(&store_);
  const Outcome first = connect(context, visit());
  // Ends with the next tick of the clock, or the one after it: so not right before a tick.
  for (const auto begun = unix_now(); unix_now() == begun;)
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  for (auto& [id, item] : store_.items) {
    const auto now = static_cast<long>(unix_now());
    item = {altered(item.der, now - 299, 300), unix_now() + 1};
  }
  const std::size_t items = store_.items.size();
  const Outcome second = connect(context, visit(first.session.get()));
  EXPECT_TRUE(second.completed && second.reused);
  for (const auto& [id, item] : store_.items)
    EXPECT_LE(item.expires, unix_now() + 2);
  EXPECT_LE(store_.items.size(), items + 1);
}

TEST_P(ResumptionTest, ZeroMeansTwoHoursAndNothingMoreThanAWeek) {
  settings_.policy.session_timeout = std::chrono::seconds(0);
  connect(listen(&store_), visit());
  EXPECT_NEAR(static_cast<double>(store_.items.begin()->second.expires),
              static_cast<double>(unix_now() + 7200), 1);
  store_.items.clear();
  settings_.policy.session_timeout = std::chrono::hours(24 * 365);
  connect(listen(&store_), visit());
  EXPECT_NEAR(static_cast<double>(store_.items.begin()->second.expires),
              static_cast<double>(unix_now() + 604800), 1);
}

class Tls13Test : public TlsTest {};

TEST_F(Tls13Test, AsManyTicketsAsConfiguredAndOneRenewal) {
  settings_.policy.tickets = 3;
  Context& context = listen(&store_);
  const Outcome first = connect(context, {});
  EXPECT_EQ(first.tickets, 3);
  EXPECT_EQ(store_.items.size(), 3u);
  Visit again;
  again.session = first.session.get();
  const Outcome second = connect(context, again);
  EXPECT_TRUE(second.reused);
  EXPECT_EQ(second.tickets, 1);
  EXPECT_EQ(store_.items.size(), 4u);
}

TEST_F(Tls13Test, AHelloRetryRequestAsksTheStoreOnce) {
  Context& context = listen(&store_);
  Visit visit;
  visit.groups = "X448:P-256";
  const Outcome first = connect(context, visit);
  ASSERT_TRUE(first.completed);
  visit.session = first.session.get();
  const Outcome second = connect(context, visit);
  EXPECT_TRUE(second.reused);
  EXPECT_EQ(store_.gets, 1);
  EXPECT_EQ(ended(), 2u);
}

TEST_F(Tls13Test, ANewClientOffersNothing) {
  Context& context = listen(&store_);
  connect(context, {});
  EXPECT_EQ(store_.gets, 0);
  EXPECT_EQ(missed(), 0u);
}

// A search that ends some turns of the loop later, after `on_end`.
class SlowSearch final : public SoughtSession {
public:
  SlowSearch(net::asio::io_context& io, SessionMiss why, std::function<void()> on_end)
      : io_(io), why_(why), on_end_(std::move(on_end)) {}

  net::awaitable<SessionMiss> settled() override {
    for (int turn = 0; turn < 3; ++turn)
      co_await net::Reactor::of(io_).next_turn();
    if (on_end_) on_end_();
    co_return why_;
  }

private:
  net::asio::io_context& io_;
  SessionMiss why_;
  std::function<void()> on_end_;
};

// A store whose sessions are elsewhere until they were looked for.
class SearchTest : public TlsTest, public ::testing::WithParamInterface<int> {
protected:
  Visit visit() {
    Visit visit;
    visit.version = GetParam();
    return visit;
  }
  Outcome come_back(const Outcome& first, Visit visit) {
    visit.session = first.session.get();
    return connect(*context_, visit);
  }
  void search_ends(SessionMiss why, std::function<void()> on_end = nullptr) {
    store_.on_seek = [this, why, on_end](Bytes, SessionMiss&) {
      return std::make_unique<SlowSearch>(io_, why, on_end);
    };
  }

  Context* context_ = &listen(&store_);
};
INSTANTIATE_TEST_SUITE_P(Versions, SearchTest, ::testing::Values(TLS1_2_VERSION, TLS1_3_VERSION));

TEST_P(SearchTest, AHandshakeWaitsForASessionThatIsElsewhere) {
  const Outcome first = connect(*context_, visit());
  const auto elsewhere = std::exchange(store_.items, {});
  search_ends(SessionMiss::unknown, [&] { store_.items = elsewhere; });
  EXPECT_TRUE(come_back(first, visit()).reused);
  EXPECT_EQ(store_.seeks, 1);
  EXPECT_EQ(store_.gets, 1);
  EXPECT_EQ(missed(), 0u);
}

TEST_P(SearchTest, WhatIsHereIsNotLookedForElsewhere) {
  const Outcome first = connect(*context_, visit());
  search_ends(SessionMiss::unknown);
  EXPECT_TRUE(come_back(first, visit()).reused);
  EXPECT_EQ(store_.seeks, 0);
  EXPECT_EQ(counters_.hits[0].get(), 1u);
}

TEST_P(SearchTest, AVainSearchEndsInAFullHandshakeAndSaysWhy) {
  const Outcome first = connect(*context_, visit());
  store_.items.clear();
  search_ends(SessionMiss::timed_out);
  const Outcome second = come_back(first, visit());
  EXPECT_TRUE(second.completed);
  EXPECT_FALSE(second.reused);
  EXPECT_EQ(counters_.miss_timed_out.get(), 1u);
}

TEST_P(SearchTest, WhatIsNotLookedForSaysWhyToo) {
  const Outcome first = connect(*context_, visit());
  store_.items.clear();
  store_.on_seek = [](Bytes, SessionMiss& why) {
    why = SessionMiss::forged;
    return nullptr;
  };
  EXPECT_FALSE(come_back(first, visit()).reused);
  EXPECT_EQ(counters_.miss_forged.get(), 1u);
}

TEST_P(SearchTest, ANewClientCausesNoSearch) {
  search_ends(SessionMiss::unknown);
  EXPECT_TRUE(connect(*context_, visit()).completed);
  EXPECT_EQ(store_.seeks, 0);
}

class SecondHelloTest : public SearchTest {};
INSTANTIATE_TEST_SUITE_P(Versions, SecondHelloTest, ::testing::Values(TLS1_3_VERSION));

TEST_P(SecondHelloTest, CausesNoSecondSearch) {
  Visit twice = visit();
  twice.groups = "X448:P-256";
  const Outcome first = connect(*context_, twice);
  const auto elsewhere = std::exchange(store_.items, {});
  search_ends(SessionMiss::unknown, [&] { store_.items = elsewhere; });
  EXPECT_TRUE(come_back(first, twice).reused);
  EXPECT_EQ(store_.seeks, 1);
}

}  // namespace
}  // namespace reprise::tls::testing
