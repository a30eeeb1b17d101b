#include <openssl/err.h>
#include <openssl/sslerr.h>

#include "harness.hpp"
#include "tls/handshake_failure.hpp"

namespace reprise::tls::testing {
namespace {

class HandshakeTest : public TlsTest {
protected:
  // What the server says to these bytes, after which the client goes away if `leave`.
  std::string say(const std::string& bytes, bool leave = false) {
    Pair pair(io_, listen(&store_), counters_);
    start(pair);
    EXPECT_EQ(::send(pair.client_fd.get(), bytes.data(), bytes.size(), 0),
              static_cast<ssize_t>(bytes.size()));
    run_what_is_due();
    if (leave) ::shutdown(pair.client_fd.get(), SHUT_WR);
    run_what_is_due();
    ended_ = pair.server_end.has_value();
    plain_http_ = pair.stream.spoke_plain_http();
    char answer[1000];
    const ssize_t n = ::recv(pair.client_fd.get(), answer, sizeof answer, MSG_DONTWAIT);
    return {answer, n > 0 ? static_cast<std::size_t>(n) : 0};
  }

  bool ended_ = false;
  bool plain_http_ = false;
};

TEST_F(HandshakeTest, PlainHttpIsRecognisedAndNotAnsweredInTls) {
  std::uint64_t n = 0;
  for (const char* method : {"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE"}) {
    EXPECT_EQ(say(std::string(method) + " / HTTP/1.1\r\nHost: x\r\n\r\n"), "") << method;
    EXPECT_TRUE(ended_ && plain_http_) << method;
    EXPECT_EQ(counters_.failed_plain_http.get(), ++n) << method;
  }
  EXPECT_EQ(ended(), n);
}

TEST_F(HandshakeTest, GarbageEnds) {
  say(std::string("\x00\x01\x02 no TLS at all", 18));
  EXPECT_TRUE(ended_);
  EXPECT_FALSE(plain_http_);
  EXPECT_EQ(counters_.failed_not_tls.get(), 1u);
  say("\x16\x03\x01" + std::string(1000, '\xff'));
  EXPECT_TRUE(ended_);
  EXPECT_EQ(ended(), 2u);
}

TEST_F(HandshakeTest, AClientThatGoesAwayIsCountedOnce) {
  say("\x16\x03\x01\x02", /*leave=*/true);
  EXPECT_TRUE(ended_);
  EXPECT_EQ(counters_.failed_closed.get(), 1u);
  EXPECT_EQ(ended(), 1u);
}

TEST_F(HandshakeTest, AWaitThatIsCancelledIsATimeOut) {
  Pair pair(io_, listen(&store_), counters_);
  start(pair);
  run_what_is_due();
  EXPECT_FALSE(pair.server_end);
  pair.socket.cancel();
  run_what_is_due();
  ASSERT_TRUE(pair.server_end);
  EXPECT_TRUE(*pair.server_end);
  EXPECT_EQ(counters_.failed_timeout.get(), 1u);
}

TEST_F(HandshakeTest, ServerNamesChooseTheSite) {
  const Certificate a("a.test", &authority_), pattern("pattern", &authority_);
  SniEntry name;
  name.pattern = "A.test";
  name.policy = settings_.policy;
  name.identity.certificate_file = a.pem();
  name.identity.key_file = a.key_pem();
  SniEntry expression = name;
  expression.pattern = "^b[0-9]+\\.test$";
  expression.regexp = true;
  expression.identity.certificate_file = pattern.pem();
  expression.identity.key_file = pattern.key_pem();
  sni_.entries = {expression, name};
  Context& context = listen(&store_);
  const auto subject = [&](const char* server_name) {
    Visit visit;
    visit.server_name = server_name;
    return connect(context, visit).server_subject;
  };
  EXPECT_EQ(subject("a.test"), "/CN=a.test");
  EXPECT_EQ(subject("A.TEST"), "/CN=a.test");
  EXPECT_EQ(subject("b12.test"), "/CN=pattern");
  EXPECT_EQ(subject("b.test"), "/CN=server");
  EXPECT_EQ(subject(""), "/CN=server");
}

TEST_F(HandshakeTest, ABadSniEntryIsLeftOut) {
  SniEntry bad;
  bad.pattern = "a.test";
  bad.policy = settings_.policy;
  bad.identity.certificate_file = "/nonexistent";
  bad.identity.key_file = "/nonexistent";
  sni_.entries = {bad};
  Visit visit;
  visit.server_name = "a.test";
  EXPECT_EQ(connect(listen(&store_), visit).server_subject, "/CN=server");
}

TEST_F(HandshakeTest, ErrorsUseTheWordsOfOld) {
  const auto words = [&](const Settings& settings) -> std::string {
    try {
      listen(&store_, settings);
    } catch (const std::runtime_error& failure) {
      const std::string text = failure.what();
      return text.substr(0, text.find('\n'));
    }
    return "nothing";
  };
  Settings s = settings_;
  s.identity.certificate_file = "/no.crt";
  EXPECT_EQ(words(s), R"([uwsgi-ssl] unable to assign certificate /no.crt for context "test")");
  s = settings_;
  s.identity.key_file = "/no.key";
  EXPECT_EQ(words(s), R"([uwsgi-ssl] unable to assign key /no.key for context "test")");
  s.identity.key_file = authority_.key_pem();
  EXPECT_EQ(words(s), R"([uwsgi-ssl] unable to assign key (inline PEM) for context "test")");
  s = settings_;
  s.identity.ciphers = "NONE-SUCH";
  EXPECT_EQ(words(s),
            R"([uwsgi-ssl] unable to set requested ciphers (NONE-SUCH) for context "test")");
  s = settings_;
  s.identity.client_certificate = ClientCertificate::required;
  s.identity.client_ca_file = "/no.ca";
  EXPECT_EQ(words(s),
            R"([uwsgi-ssl] unable to set ssl verify locations (/no.ca) for context "test")");
}

TEST_F(HandshakeTest, InlinePemNeedsTheTemporaryDirectory) {
  settings_.policy.temporary_directory.clear();
  EXPECT_THROW(listen(&store_), std::runtime_error);
}

TEST_F(HandshakeTest, DataGoesBothWaysAndEndsInOrder) {
  Pair pair(io_, listen(&store_), counters_);
  start(pair);
  const SslContextPtr client_side = client_context({});
  Outcome outcome;
  SslPtr client(SSL_new(client_side.get()));
  SSL_set_app_data(client.get(), &outcome);
  SSL_set_fd(client.get(), pair.client_fd.get());
  for (int turn = 0; turn < 20 && !pair.server_end; ++turn) {
    SSL_connect(client.get());
    run_what_is_due();
  }
  ASSERT_EQ(SSL_write(client.get(), "ping", 4), 4);
  char buffer[100];
  // What came before is known to be read up: somebody has to have waited before it looks again.
  bool woken = false;
  const auto wait = [](net::Socket& socket, bool& flag) -> net::awaitable<void> {
    const error_code error = co_await socket.ready(net::Want::input);
    flag = !error;
  };
  net::asio::co_spawn(io_, wait(pair.socket, woken), net::asio::detached);
  run_what_is_due();
  ASSERT_TRUE(woken);
  net::Step step = pair.stream.read(buffer);
  EXPECT_EQ(std::string_view(buffer, step.bytes), "ping");
  step = pair.stream.read(buffer);
  EXPECT_EQ(step.want, net::Want::input);
  EXPECT_FALSE(pair.stream.pending());

  EXPECT_EQ(pair.stream.write("pong").bytes, 4u);
  EXPECT_EQ(SSL_read(client.get(), buffer, sizeof buffer), 4);
  pair.stream.shut_down();
  EXPECT_EQ(SSL_read(client.get(), buffer, sizeof buffer), 0);
  EXPECT_EQ(SSL_get_error(client.get(), 0), SSL_ERROR_ZERO_RETURN);
  EXPECT_TRUE(pair.stream.write("more").error);
}

TEST_F(HandshakeTest, TheEndIsSaidBeforeAClose) {
  Pair pair(io_, listen(&store_), counters_);
  start(pair);
  const SslContextPtr client_side = client_context({});
  Outcome outcome;
  SslPtr client(SSL_new(client_side.get()));
  SSL_set_app_data(client.get(), &outcome);
  SSL_set_fd(client.get(), pair.client_fd.get());
  for (int turn = 0; turn < 20 && !pair.server_end; ++turn) {
    SSL_connect(client.get());
    run_what_is_due();
  }
  pair.stream.before_close();
  pair.socket.close();
  char byte = 0;
  EXPECT_EQ(SSL_read(client.get(), &byte, 1), 0);
  EXPECT_EQ(SSL_get_error(client.get(), 0), SSL_ERROR_ZERO_RETURN);
}

TEST_F(HandshakeTest, ARequestThatCameWithTheLastFlightIsPending) {
  Pair pair(io_, listen(&store_), counters_);
  start(pair);
  const SslContextPtr client_side = client_context({});
  Outcome outcome;
  SslPtr client(SSL_new(client_side.get()));
  SSL_set_app_data(client.get(), &outcome);
  SSL_set_fd(client.get(), pair.client_fd.get());
  SSL_connect(client.get());
  run_what_is_due();
  ASSERT_EQ(SSL_connect(client.get()), 1);
  ASSERT_EQ(SSL_write(client.get(), "ping", 4), 4);
  run_what_is_due();  // one recv takes the client's Finished and the request
  ASSERT_TRUE(pair.server_end);
  EXPECT_TRUE(pair.stream.pending());
  char buffer[100];
  EXPECT_EQ(pair.stream.read(buffer).bytes, 4u);
  EXPECT_FALSE(pair.stream.pending());
}

TEST(ClassifyTest, ByGreetingThenByReason) {
  const auto reason = [](int r) {
    Failure failure;
    failure.code = ERR_PACK(ERR_LIB_SSL, 0, r);
    return classify("\x16\x03\x01\x02\x00", failure, false);
  };
  EXPECT_EQ(reason(SSL_R_UNSUPPORTED_PROTOCOL), HandshakeFailure::version);
  EXPECT_EQ(reason(SSL_R_NO_SHARED_CIPHER), HandshakeFailure::cipher);
  EXPECT_EQ(reason(SSL_R_CERTIFICATE_VERIFY_FAILED), HandshakeFailure::certificate);
  EXPECT_EQ(reason(SSL_R_TLSV1_ALERT_UNKNOWN_CA), HandshakeFailure::alert);
  EXPECT_EQ(reason(SSL_R_LENGTH_MISMATCH), HandshakeFailure::other);
  EXPECT_EQ(classify("\x16\x03", {}, true), HandshakeFailure::closed);
  EXPECT_EQ(classify("", {}, true), HandshakeFailure::closed);
  EXPECT_EQ(classify("hello", {}, true), HandshakeFailure::not_tls);
  EXPECT_EQ(classify("GET /", {}, false), HandshakeFailure::plain_http);
  EXPECT_EQ(classify("DELET", {}, false), HandshakeFailure::plain_http);
  EXPECT_EQ(classify("GETS ", {}, false), HandshakeFailure::not_tls);
  EXPECT_EQ(classify("GE", {}, true), HandshakeFailure::not_tls);
}

}  // namespace
}  // namespace reprise::tls::testing
