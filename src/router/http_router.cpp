#include "router/http_router.hpp"

#include <fcntl.h>
#include <sys/socket.h>

#include <cerrno>
#include <list>

#include <boost/asio/post.hpp>
#include <boost/intrusive/list.hpp>

#include "net/address.hpp"
#include "router/http_session.hpp"
#include "router/worker.hpp"

namespace reprise::router {
namespace {

// Accepted in a row before the others of this process have their turn.
constexpr int accept_batch = 16;

// How long a worker that is out of descriptors accepts nothing.
constexpr std::chrono::milliseconds exhausted_pause{100};

UniqueFd duplicate(int fd) {
  UniqueFd copy(::fcntl(fd, F_DUPFD_CLOEXEC, 0));
  if (!copy) throw std::system_error(errno, std::system_category(), "dup of a listener");
  return copy;
}

// SERVER_PORT: as written, or what the system chose.
std::string server_port_of(const net::Listener& listener) {
  const std::string_view written = port_of(listener.address());
  return std::string(written == "0" ? port_of(listener.bound_name()) : written);
}

}  // namespace

class HttpRouter::Impl : public std::enable_shared_from_this<Impl> {
public:
  Impl(net::asio::io_context& io, const Environment& environment,
       const std::vector<Frontend>& frontends);

  void start();
  void drain(std::function<void()> done);

private:
  // A frontend's listener on this worker's own descriptor.
  struct Door {
    Door(net::asio::io_context& io, const Frontend& frontend)
        : socket(io, duplicate(frontend.listener->fd())),
          pause(io),
          tls(frontend.tls),
          server_port(server_port_of(*frontend.listener)) {}

    net::Socket socket;
    net::asio::steady_timer pause;
    const tls::Context* tls;
    std::string server_port;
  };
  // A session in the list of those that run, for as long as this lives.
  struct Membership {
    Membership(Impl& impl, HttpSession& member) : router(impl), session(member) {
      router.sessions_.push_back(session);
      router.worker_.counters.active_sessions.add();
    }
    ~Membership() { router.remove(session); }
    Membership(const Membership&) = delete;
    Membership& operator=(const Membership&) = delete;

    Impl& router;
    HttpSession& session;
  };

  net::awaitable<void> accept_from(std::shared_ptr<Impl>, Door& door);
  bool accept_some(Door& door);
  void admit(Door& door, UniqueFd fd, const net::Endpoint& remote);
  net::awaitable<void> serve(std::shared_ptr<Impl>, std::unique_ptr<HttpSession> session);
  void report(std::string_view event, std::string_view reason);
  void remove(HttpSession& session);

  Worker worker_;
  std::list<Door> doors_;
  boost::intrusive::list<HttpSession> sessions_;
  std::function<void()> drained_;
};

HttpRouter::Impl::Impl(net::asio::io_context& io, const Environment& environment,
                       const std::vector<Frontend>& frontends)
    : worker_(io, environment) {
  for (const Frontend& frontend : frontends)
    doors_.emplace_back(io, frontend);
}

void HttpRouter::Impl::start() {
  for (Door& door : doors_) {
    net::asio::co_spawn(worker_.io, accept_from(shared_from_this(), door), net::asio::detached);
  }
}

void HttpRouter::Impl::drain(std::function<void()> done) {
  worker_.draining = true;
  drained_ = std::move(done);
  for (Door& door : doors_) {
    door.socket.close();
    door.pause.cancel();
  }
  for (HttpSession& session : sessions_)
    session.end_if_idle();
  if (sessions_.empty()) net::asio::post(worker_.io, std::exchange(drained_, nullptr));
}

net::awaitable<void> HttpRouter::Impl::accept_from(std::shared_ptr<Impl>, Door& door) {
  while (!worker_.draining) {
    const error_code error = co_await door.socket.ready(net::Want::input);
    if (error) co_return;
    if (accept_some(door)) continue;
    door.pause.expires_after(exhausted_pause);
    co_await door.pause.async_wait(net::token);
  }
}

// Accepts what is there. False if the process or the system is out of something.
bool HttpRouter::Impl::accept_some(Door& door) {
  for (int i = 0; i < accept_batch; ++i) {
    sockaddr_storage storage{};
    socklen_t size = sizeof storage;
    auto* address = reinterpret_cast<sockaddr*>(&storage);
    UniqueFd fd(::accept4(door.socket.fd(), address, &size, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (fd) {
      admit(door, std::move(fd), net::Endpoint(address, size));
      continue;
    }
    if (errno == EAGAIN || errno == EWOULDBLOCK) return true;
    if (errno == EINTR || errno == ECONNABORTED) continue;
    worker_.counters.accept_failed.add();
    report("accept.failed", last_system_error().message());
    return false;
  }
  return true;
}

void HttpRouter::Impl::admit(Door& door, UniqueFd fd, const net::Endpoint& remote) {
  worker_.counters.accepted.add();
  try {
    net::Socket socket(worker_.io, std::move(fd));
    auto session = std::make_unique<HttpSession>(worker_, std::move(socket), remote, door.tls,
                                                 door.server_port);
    net::asio::co_spawn(worker_.io, serve(shared_from_this(), std::move(session)),
                        net::asio::detached);
  } catch (const std::exception& failure) {
    worker_.counters.accept_failed.add();
    report("session.refused", failure.what());
  }
}

net::awaitable<void> HttpRouter::Impl::serve(std::shared_ptr<Impl>,
                                             std::unique_ptr<HttpSession> session) {
  const Membership membership(*this, *session);
  try {
    co_await session->run();
  } catch (const std::exception& failure) {
    report("session.failed", failure.what());
  }
}

void HttpRouter::Impl::report(std::string_view event, std::string_view reason) {
  if (!worker_.error_lines.allow()) return;
  log::event(log::Level::error, event,
             {{"reason", std::string(reason)},
              {"suppressed", std::to_string(worker_.error_lines.suppressed())}});
}

void HttpRouter::Impl::remove(HttpSession& session) {
  sessions_.erase(sessions_.iterator_to(session));
  worker_.counters.active_sessions.subtract();
  if (drained_ && sessions_.empty()) net::asio::post(worker_.io, std::exchange(drained_, nullptr));
}

HttpRouter::HttpRouter(net::asio::io_context& io, Environment environment,
                       std::vector<Frontend> frontends)
    : impl_(std::make_shared<Impl>(io, environment, frontends)) {}

HttpRouter::~HttpRouter() = default;

void HttpRouter::start() {
  impl_->start();
}

void HttpRouter::drain(std::function<void()> done) {
  impl_->drain(std::move(done));
}

}  // namespace reprise::router
