#pragma once

#include <sys/ioctl.h>
#include <sys/socket.h>

#include <map>
#include <memory>
#include <optional>
#include <string>

#include <gtest/gtest.h>

#include "certificates.hpp"
#include "net/asio.hpp"
#include "tls/stream.hpp"

namespace reprise::tls::testing {

// Keeps sessions in a map, and calls `on_put` before.
class MapStore final : public SessionStore {
public:
  bool put(Bytes id, Bytes der, UnixSeconds expires, SessionKind kind) noexcept override {
    if (on_put) on_put();
    if (refuses) return false;
    items[std::string(id)] = {std::string(der), expires};
    kinds.push_back(kind);
    return true;
  }
  std::optional<StoredSession> get(Bytes id, SessionMiss& why) noexcept override {
    ++gets;
    const auto found = items.find(std::string(id));
    why = SessionMiss::unknown;
    if (found == items.end()) return std::nullopt;
    why = SessionMiss::expired;
    if (found->second.expires <= unix_now()) return std::nullopt;
    const Item& item = found->second;
    const SessionWay way = item.made_elsewhere ? SessionWay::pushed : SessionWay::made_here;
    return StoredSession{item.der, item.expires, item.made_elsewhere, way, item.trusted};
  }
  std::optional<StoredSession> get_sought(Bytes id) noexcept override {
    SessionMiss why{};
    auto found = get(id, why);
    --gets;
    return found;
  }
  std::unique_ptr<SoughtSession> seek(Bytes id, SessionMiss& why) noexcept override {
    ++seeks;
    if (on_seek) return on_seek(id, why);
    return nullptr;
  }
  bool may_seek() const noexcept override { return on_seek != nullptr; }
  void remove(Bytes id) noexcept override { items.erase(std::string(id)); }
  bool make_id(Buffer id) noexcept override {
    if (!next_id) return false;
    std::copy_n(next_id->begin(), id.size(), id.begin());
    return true;
  }

  struct Item {
    std::string der;
    UnixSeconds expires = 0;
    bool made_elsewhere = false;
    bool trusted = true;
  };
  std::map<std::string, Item> items;
  std::vector<SessionKind> kinds;  // of what was put
  int gets = 0;
  bool refuses = false;
  std::optional<std::string> next_id;  // of a session, 32 bytes
  std::function<void()> on_put;
  std::function<std::unique_ptr<SoughtSession>(Bytes id, SessionMiss& why)> on_seek;
  int seeks = 0;
};

// How a client comes.
struct Visit {
  int version = TLS1_3_VERSION;
  SSL_SESSION* session = nullptr;
  std::string server_name;
  const Certificate* certificate = nullptr;
  const char* groups = nullptr;
};

// What came of it, seen from the client.
struct Outcome {
  bool completed = false;
  bool reused = false;
  SessionPtr session;  // the newest
  int tickets = 0;     // that came after the handshake
  long lifetime_hint = 0;
  std::string server_subject;
};

inline int collect_session(SSL* ssl, SSL_SESSION* session) {
  auto& outcome = *static_cast<Outcome*>(SSL_get_app_data(ssl));
  outcome.session.reset(session);
  ++outcome.tickets;
  outcome.lifetime_hint = static_cast<long>(SSL_SESSION_get_ticket_lifetime_hint(session));
  return 1;
}

// A server's side and a client's on two ends of a socket pair, in one thread.
class TlsTest : public ::testing::Test {
protected:
  TlsTest() : authority_("authority"), server_("server", &authority_) {
    settings_.context_name = "test";
    settings_.session_context = "test";
    settings_.policy.temporary_directory = "(memory)";
    settings_.identity.certificate_file = server_.pem();
    settings_.identity.key_file = server_.key_pem();
  }

  Context& listen(SessionStore* store) { return listen(store, settings_); }
  Context& listen(SessionStore* store, const Settings& settings) {
    return *contexts_.emplace_back(
        std::make_unique<Context>(settings, make_sni_contexts(sni_), store, keys_));
  }

  void ask_for_certificate(Identity& identity, ClientCertificate rule) {
    identity.client_certificate = rule;
    identity.client_ca_file = authority_.pem();
  }

  // Two ends of a connection, the server's on the event loop.
  struct Pair {
    Pair(net::asio::io_context& io, const Context& context, Counters& counters)
        : socket(io, open(client_fd)), stream(socket, context, counters) {}
    static UniqueFd open(UniqueFd& other) {
      int fds[2];
      if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds) != 0) throw std::bad_alloc();
      other.reset(fds[1]);
      return UniqueFd(fds[0]);
    }
    UniqueFd client_fd;
    net::Socket socket;
    Stream stream;
    std::optional<error_code> server_end;
  };

  static net::awaitable<void> serve(Pair& pair) {
    const error_code error = co_await pair.stream.handshake();
    pair.server_end = error;
  }

  void start(Pair& pair) { net::asio::co_spawn(io_, serve(pair), net::asio::detached); }

  // Handlers that are due, and nothing that has to be waited for.
  void run_what_is_due() {
    io_.restart();
    while (net::Reactor::of(io_).poll()) {
    }
  }

  SslContextPtr client_context(const Visit& visit) {
    SslContextPtr context(SSL_CTX_new(TLS_client_method()));
    SSL_CTX_set_min_proto_version(context.get(), visit.version);
    SSL_CTX_set_max_proto_version(context.get(), visit.version);
    SSL_CTX_set_session_cache_mode(context.get(),
                                   SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(context.get(), collect_session);
    if (visit.groups != nullptr) SSL_CTX_set1_groups_list(context.get(), visit.groups);
    if (visit.certificate != nullptr) {
      SSL_CTX_use_certificate(context.get(), visit.certificate->certificate.get());
      SSL_CTX_use_PrivateKey(context.get(), visit.certificate->key.get());
    }
    return context;
  }

  // A whole connection: handshake, tickets, and a client that goes away without a word.
  Outcome connect(const Context& context, const Visit& visit) {
    Pair pair(io_, context, counters_);
    start(pair);
    const SslContextPtr client_side = client_context(visit);
    Outcome outcome;
    SslPtr client(SSL_new(client_side.get()));
    SSL_set_app_data(client.get(), &outcome);
    SSL_set_fd(client.get(), pair.client_fd.get());
    if (!visit.server_name.empty()) {
      SSL_set_tlsext_host_name(client.get(), visit.server_name.c_str());
    }
    SessionPtr copy(visit.session != nullptr ? SSL_SESSION_dup(visit.session) : nullptr);
    if (copy) SSL_set_session(client.get(), copy.get());
    int result = 0;
    for (int turn = 0; turn < 50 && (result != 1 || !pair.server_end); ++turn) {
      result = SSL_connect(client.get());
      run_what_is_due();
      if (pair.server_end && *pair.server_end) break;
    }
    char nothing = 0;
    SSL_read(client.get(), &nothing, 1);  // takes the tickets
    outcome.completed = result == 1 && pair.server_end && !*pair.server_end;
    outcome.reused = SSL_session_reused(client.get()) == 1;
    if (visit.version == TLS1_2_VERSION && outcome.completed && !outcome.session) {
      outcome.session.reset(SSL_get1_session(client.get()));
    }
    if (const X509* certificate = SSL_get0_peer_certificate(client.get())) {
      char text[200] = "";
      X509_NAME_oneline(X509_get_subject_name(certificate), text, sizeof text);
      outcome.server_subject = text;
    }
    peer_ = pair.stream.peer() != nullptr ? std::optional(*pair.stream.peer()) : std::nullopt;
    return outcome;
  }

  std::uint64_t ended() const {
    const Counters& c = counters_;
    return c.full_tls_1_2.get() + c.full_tls_1_3.get() + c.resumed_tls_1_2.get() +
           c.resumed_tls_1_3.get() + failed();
  }
  std::uint64_t failed() const {
    const Counters& c = counters_;
    return c.failed_plain_http.get() + c.failed_not_tls.get() + c.failed_timeout.get() +
           c.failed_closed.get() + c.failed_version.get() + c.failed_cipher.get() +
           c.failed_certificate.get() + c.failed_alert.get() + c.failed_other.get();
  }
  std::uint64_t missed() const {
    const Counters& c = counters_;
    return c.miss_unknown.get() + c.miss_expired.get() + c.miss_other_context.get() +
           c.miss_undecodable.get() + c.miss_untrusted.get() + c.miss_forged.get() +
           c.miss_erased.get() + c.miss_evicted.get() + c.miss_lost.get() + c.miss_timed_out.get() +
           c.miss_refused.get();
  }

  net::asio::io_context io_;
  Counters counters_;
  MapStore store_;
  TicketKeys keys_;
  Certificate authority_;
  Certificate server_;
  Settings settings_;
  SniSettings sni_;
  std::vector<std::unique_ptr<Context>> contexts_;
  std::optional<Peer> peer_;  // of the last connection
};

}  // namespace reprise::tls::testing
