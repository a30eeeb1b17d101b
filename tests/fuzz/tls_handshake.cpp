#include <fcntl.h>
#include <sys/socket.h>

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "net/asio.hpp"
#include "tests/fuzz/pieces.hpp"
#include "tests/unit/tls/certificates.hpp"
#include "tls/stream.hpp"

namespace reprise::tls {
namespace {

using fuzz::check;

// A search that is over at once, in vain.
class Sought final : public SoughtSession {
public:
  net::awaitable<SessionMiss> settled() override { co_return SessionMiss::timed_out; }
};

class MapStore final : public SessionStore {
public:
  bool put(Bytes id, Bytes der, UnixSeconds expires, SessionKind) noexcept override {
    check(!id.empty() && !der.empty() && expires > 0);
    if (items_.size() < 100) items_[std::string(id)] = std::string(der);
    return true;
  }
  // An id is known, is not, or has something else for a session; it may have come from elsewhere.
  std::optional<StoredSession> get(Bytes id, SessionMiss& why) noexcept override {
    why = id.starts_with('e') ? SessionMiss::expired : SessionMiss::unknown;
    const bool elsewhere = !id.empty() && (id.back() & 1) != 0;
    const bool trusted = !id.empty() && (id.back() & 2) != 0;
    if (id.starts_with('d')) {
      return StoredSession{std::string(id), unix_now() + 100, elsewhere, way(elsewhere), trusted};
    }
    const auto found = items_.find(std::string(id));
    if (found == items_.end()) return std::nullopt;
    return StoredSession{found->second, unix_now() + 100, elsewhere, way(elsewhere), trusted};
  }
  std::optional<StoredSession> get_sought(Bytes id) noexcept override {
    SessionMiss why{};
    return get(id, why);
  }
  void remove(Bytes id) noexcept override { items_.erase(std::string(id)); }
  bool make_id(Buffer) noexcept override { return false; }
  std::unique_ptr<SoughtSession> seek(Bytes id, SessionMiss& why) noexcept override {
    why = SessionMiss::forged;
    if (id.empty() || (id.front() & 4) != 0) return nullptr;
    return std::make_unique<Sought>();
  }
  bool may_seek() const noexcept override { return true; }

private:
  static SessionWay way(bool elsewhere) {
    return elsewhere ? SessionWay::pulled : SessionWay::made_here;
  }

  std::map<std::string, std::string> items_;
};

// What is made once.
struct Server {
  Server() {
    settings.context_name = settings.session_context = "fuzz";
    settings.policy.temporary_directory = "(memory)";
    settings.identity.certificate_file = certificate.pem();
    settings.identity.key_file = certificate.key_pem();
    settings.identity.client_certificate = ClientCertificate::optional;
    settings.identity.client_ca_file = certificate.pem();
    SniSettings names;
    names.entries.resize(1);
    names.entries[0].pattern = "a.test";
    names.entries[0].policy = settings.policy;
    names.entries[0].identity = settings.identity;
    sni = make_sni_contexts(names);
    stateful.emplace(settings, sni, &store, keys);
    stateless.emplace(settings, sni, nullptr, keys);
  }

  testing::Certificate certificate{"server"};
  Settings settings;
  std::shared_ptr<SniContexts> sni;
  MapStore store;
  TicketKeys keys;
  std::optional<Context> stateful, stateless;
  net::asio::io_context io{1};
};

std::uint64_t ended(const Counters& c) {
  return c.full_tls_1_2.get() + c.full_tls_1_3.get() + c.resumed_tls_1_2.get() +
         c.resumed_tls_1_3.get() + c.failed_plain_http.get() + c.failed_not_tls.get() +
         c.failed_timeout.get() + c.failed_closed.get() + c.failed_version.get() +
         c.failed_cipher.get() + c.failed_certificate.get() + c.failed_alert.get() +
         c.failed_other.get();
}

// One connection, and the client that the input is.
class Visit {
public:
  Visit(Server& server, const Context& context)
      : io_(server.io), socket_(io_, open(client_)), stream_(socket_, context, counters_) {
    net::asio::co_spawn(io_, serve(*this), net::asio::detached);
    run();
  }

  // False if the server has closed.
  bool send(Bytes bytes) {
    const ssize_t n = ::send(client_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    run();
    return n == static_cast<ssize_t>(bytes.size());
  }
  void leave() {
    ::shutdown(client_.get(), SHUT_WR);
    run();
  }
  void give_up() {
    socket_.cancel();
    run();
  }
  bool has_ended() const {
    check(ended(counters_) == (end_ ? 1U : 0U));
    return end_.has_value();
  }
  const Counters& counters() const { return counters_; }
  bool spoke_plain_http() const { return stream_.spoke_plain_http(); }

private:
  static UniqueFd open(UniqueFd& other) {
    int fds[2];
    check(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds) == 0);
    other.reset(fds[1]);
    return UniqueFd(fds[0]);
  }
  static net::awaitable<void> serve(Visit& visit) {
    const error_code error = co_await visit.stream_.handshake();
    visit.end_ = error;
  }
  void run() {
    io_.restart();
    while (net::Reactor::of(io_).poll()) {
    }
  }

  net::asio::io_context& io_;
  UniqueFd client_;
  Counters counters_;
  net::Socket socket_;
  Stream stream_;
  std::optional<error_code> end_;
};

}  // namespace
}  // namespace reprise::tls

// Bit 7 of the first byte: with or without a session store; bit 6: the client leaves, or says no
// more.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace reprise::tls;
  static Server& server = *new Server;
  const reprise::fuzz::Pieces pieces(data, size);
  Visit visit(server, (pieces.seed() & 0x80) != 0 ? *server.stateless : *server.stateful);
  std::size_t begin = 0;
  pieces.cut(
      pieces.bytes().size(),
      [&](std::size_t end) {
        const bool sent = visit.send(pieces.bytes().substr(begin, end - begin));
        begin = end;
        return sent && !visit.has_ended();
      },
      pieces.bytes().size() / 3 + 1);
  const bool before = visit.has_ended();
  if (!before && (pieces.seed() & 0x40) != 0) visit.leave();
  if (!visit.has_ended()) {
    check((pieces.seed() & 0x40) == 0);  // nothing more can come from a client that left
    visit.give_up();
    check(visit.counters().failed_timeout.get() == 1);
  }
  check(visit.has_ended());
  check(visit.spoke_plain_http() == (visit.counters().failed_plain_http.get() == 1));
  return 0;
}
