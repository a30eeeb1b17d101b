// Listeners whose sessions OpenSSL 1.0 can resume (Settings::for_openssl_1_0).
#include <gtest/gtest.h>

#include "harness.hpp"

namespace reprise::tls::testing {
namespace {

class ForOpenssl10Test : public TlsTest {
protected:
  ForOpenssl10Test() { settings_.for_openssl_1_0 = true; }

  static Visit visit(SSL_SESSION* session = nullptr, int version = TLS1_2_VERSION) {
    Visit visit;
    visit.version = version;
    visit.session = session;
    return visit;
  }
  std::string context_of(const std::string& der) const {
    const auto* position = reinterpret_cast<const unsigned char*>(der.data());
    const SessionPtr session(d2i_SSL_SESSION(nullptr, &position, static_cast<long>(der.size())));
    unsigned size = 0;
    const auto* context = SSL_SESSION_get0_id_context(session.get(), &size);
    return {reinterpret_cast<const char*>(context), size};
  }
  std::string stored_context() const { return context_of(store_.items.begin()->second.der); }
};

TEST_F(ForOpenssl10Test, SessionsResumeAndHaveThePlainContext) {
  const Context& context = listen(&store_);
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    store_.items.clear();
    const Outcome first = connect(context, visit(nullptr, version));
    ASSERT_TRUE(first.completed);
    EXPECT_EQ(stored_context(), "test");
    EXPECT_TRUE(connect(context, visit(first.session.get(), version)).reused);
  }
}

TEST_F(ForOpenssl10Test, OtherListenersShareNothingWithThem) {
  Settings usual = settings_;
  usual.for_openssl_1_0 = false;
  const Context& old = listen(&store_);
  const Context& current = listen(&store_, usual);
  const Outcome made_old = connect(old, visit());
  const Outcome made_now = connect(current, visit());
  for (const auto& [context, session] :
       {std::pair{&current, &made_old}, std::pair{&old, &made_now}}) {
    const Outcome other = connect(*context, visit(session->session.get()));
    EXPECT_TRUE(other.completed);
    EXPECT_FALSE(other.reused);
  }
}

// The configuration refuses such entries but for the files of a directory, which come later.
TEST_F(ForOpenssl10Test, ANameThatAsksForCertificatesStaysBoundToItsPolicy) {
  SniEntry entry;
  entry.pattern = "name";
  entry.identity = settings_.identity;
  entry.policy = settings_.policy;
  ask_for_certificate(entry.identity, ClientCertificate::required);
  sni_.entries.push_back(entry);
  const Context& context = listen(&store_);
  const Outcome open = connect(context, visit());
  ASSERT_TRUE(open.completed);
  Visit named = visit(open.session.get());
  named.server_name = "name";
  EXPECT_FALSE(connect(context, named).completed);
  const Certificate client("client", &authority_);
  store_.items.clear();
  named.session = nullptr;
  named.certificate = &client;
  ASSERT_TRUE(connect(context, named).completed);
  EXPECT_NE(stored_context(), "test");
}

// A plain text says nothing of the policy under which another node made a session of it.
TEST_F(ForOpenssl10Test, ASessionWithACertificateFromElsewhereIsNotResumed) {
  Settings asking = settings_;
  asking.for_openssl_1_0 = false;
  ask_for_certificate(asking.identity, ClientCertificate::required);
  const Certificate client("client", &authority_);
  Visit with_certificate = visit();
  with_certificate.certificate = &client;
  const Outcome made = connect(listen(&store_, asking), with_certificate);
  ASSERT_TRUE(made.completed);
  MapStore::Item& item = store_.items.begin()->second;
  item.made_elsewhere = true;
  // As a node would have made it whose context is the text.
  const auto* position = reinterpret_cast<const unsigned char*>(item.der.data());
  const SessionPtr session(d2i_SSL_SESSION(nullptr, &position, static_cast<long>(item.der.size())));
  SSL_SESSION_set1_id_context(session.get(), reinterpret_cast<const unsigned char*>("test"), 4);
  item.der.assign(static_cast<std::size_t>(i2d_SSL_SESSION(session.get(), nullptr)), ' ');
  auto* out = reinterpret_cast<unsigned char*>(item.der.data());
  i2d_SSL_SESSION(session.get(), &out);
  ASSERT_EQ(context_of(item.der), "test");
  settings_.for_openssl_1_0 = true;
  const Outcome other = connect(listen(&store_), visit(made.session.get()));
  EXPECT_FALSE(other.reused);
  EXPECT_EQ(counters_.miss_other_context.get(), 1u);
}

}  // namespace
}  // namespace reprise::tls::testing
