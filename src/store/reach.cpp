#include "store/reach.hpp"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <stdexcept>

#include <fmt/format.h>

#include "base/unique_fd.hpp"
#include "base/wipe.hpp"
#include "net/reactor.hpp"

namespace reprise::store {
namespace {

constexpr std::size_t most_password = 512;

std::string host_of(const std::string& server) {
  if (server.starts_with('/') || server.starts_with('@')) return "localhost";
  if (server.starts_with('[')) return server.substr(1, server.find(']') - 1);
  return server.substr(0, server.rfind(':'));
}

class Trial final : public LinkOwner {
public:
  // `open`: trials that are not over.
  Trial(net::asio::io_context& io, std::size_t& open, Attempt& attempt)
      : io_(io), open_(open), attempt_(attempt) {
    ++open_;
  }

  void answered(Link&, Request&, Reply&) override {}
  void connected(Link&) override {
    attempt_.trouble.clear();
    over();
  }
  void lost(Link&) override { over(); }
  void troubled(Link&, Trouble trouble, std::string_view words) override {
    attempt_.trouble = fmt::format("{} ({})", words, name_of(trouble));
  }

private:
  void over() {
    if (over_) return;
    over_ = true;
    if (--open_ == 0) io_.stop();
  }

  net::asio::io_context& io_;
  std::size_t& open_;
  Attempt& attempt_;
  bool over_ = false;
};

}  // namespace

void read_password(const std::string& path, std::string& into) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!fd) throw std::runtime_error(path + ": " + std::system_category().message(errno));
  struct stat facts {};
  if (::fstat(fd.get(), &facts) != 0 || !S_ISREG(facts.st_mode))
    throw std::runtime_error(path + ": a password file has to be a regular file");
  if ((facts.st_mode & 07) != 0) {
    throw std::runtime_error(fmt::format(
        "{}: this password file has mode {:04o}: everybody may access it; chmod 640 or less", path,
        facts.st_mode & 07777));
  }
  std::array<char, most_password + 2> text{};
  const ssize_t got = ::read(fd.get(), text.data(), text.size());
  const Bytes line = Bytes(text.data(), got > 0 ? static_cast<std::size_t>(got) : 0);
  into.assign(line.substr(0, line.find_first_of("\r\n")));
  ::explicit_bzero(text.data(), text.size());
  if (into.empty() || into.size() > most_password) {
    wipe(into);
    throw std::runtime_error(fmt::format(
        "{}: a password of 1 to {} bytes expected, in its first line", path, most_password));
  }
}

Ketama ring_of(const std::vector<Link::Place>& places) {
  std::vector<std::string> names;
  for (const Link::Place& place : places)
    names.push_back(place.name);
  return Ketama(names);
}

Reach make_reach(const Settings& settings, net::Lookup lookup) {
  Reach reach;
  reach.budget = settings.timeout;
  for (const std::string& server : settings.servers) {
    at_origin(settings.url.origin, [&] {
      reach.places.push_back(
          {server, host_of(server), net::resolve(server, net::Role::connect, lookup)});
    });
  }
  if (settings.engine == EngineKind::memcached) {
    reach.dialect = make_memcached_dialect();
  } else {
    RedisLogin login;
    login.user = settings.user;
    login.database = settings.database;
    if (!settings.password_file.empty()) {
      at_origin(settings.password_file.origin,
                [&] { read_password(settings.password_file.text, login.password); });
    }
    reach.dialect = make_redis_dialect(login);
  }
  if (settings.tls) reach.tls = std::make_unique<TlsClient>(settings.tls_settings);
  // Also where OpenSSL has no MD5: the start is to say so, not each worker.
  if (!settings.cluster)
    at_origin(settings.url.origin, [&] { reach.ring.emplace(ring_of(reach.places)); });
  return reach;
}

std::vector<Attempt> try_all(const Reach& reach, std::chrono::milliseconds patience) {
  std::vector<Attempt> attempts;
  std::size_t open = 0;
  std::vector<std::unique_ptr<ServerRow>> rows;
  std::vector<std::unique_ptr<Trial>> trials;
  std::vector<std::unique_ptr<Link>> links;
  for (const Link::Place& place : reach.places)
    attempts.push_back({place.name, "no answer in time"});
  net::asio::io_context io(net::one_thread);
  for (std::size_t i = 0; i < attempts.size(); ++i) {
    rows.push_back(std::make_unique<ServerRow>());
    trials.push_back(std::make_unique<Trial>(io, open, attempts[i]));
    links.push_back(std::make_unique<Link>(io, reach.places[i], reach, *rows[i], *trials[i]));
  }
  for (const auto& link : links)
    link->start();
  net::Timer limit(io);
  limit.start(patience, [&io](error_code) { io.stop(); });
  net::Reactor::of(io).run();
  return attempts;
}

}  // namespace reprise::store
