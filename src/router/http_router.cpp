#include "router/http_router.hpp"

#include <list>

#include "net/acceptor.hpp"
#include "net/address.hpp"
#include "router/http_session.hpp"
#include "router/session_list.hpp"
#include "router/worker.hpp"

namespace reprise::router {
namespace {

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
  void drain(Drain drain, std::function<void()> done);
  void pause();
  void resume();

private:
  // A frontend, and the accepting from it.
  struct Door {
    Door(Impl& router, const Frontend& frontend)
        : tls(frontend.tls),
          redirect_port(frontend.redirect_port),
          server_port(server_port_of(*frontend.listener)),
          acceptor(
              router.worker_.io, *frontend.listener,
              [&router, this](UniqueFd fd, const net::Endpoint& remote) {
                router.admit(*this, std::move(fd), remote);
              },
              [&router](error_code error) { router.refused("accept.failed", error.message()); }) {}

    const tls::Context* tls;
    const std::optional<std::string>* redirect_port;
    std::string server_port;
    net::Acceptor acceptor;
  };
  using Sessions = SessionList<HttpSession>;

  void admit(Door& door, UniqueFd fd, const net::Endpoint& remote);
  net::awaitable<void> serve(std::shared_ptr<Impl>, std::unique_ptr<HttpSession> session);
  void refused(std::string_view event, std::string_view reason);

  Worker worker_;
  std::list<Door> doors_;
  Sessions sessions_;
  net::Deadline drain_limit_;
  std::function<void()> drained_;
};

HttpRouter::Impl::Impl(net::asio::io_context& io, const Environment& environment,
                       const std::vector<Frontend>& frontends)
    : worker_(io, environment),
      sessions_(io, worker_.counters.active_sessions),
      drain_limit_(worker_.deadlines, [this] { drained_(); }) {
  for (const Frontend& frontend : frontends)
    doors_.emplace_back(*this, frontend);
}

void HttpRouter::Impl::start() {
  for (Door& door : doors_)
    door.acceptor.start(shared_from_this());
}

void HttpRouter::Impl::drain(Drain drain, std::function<void()> done) {
  const auto limit = worker_.settings.drain_timeout;
  if (limit && !worker_.draining) drain_limit_.set_from_now(*limit);
  worker_.draining = true;
  worker_.kept.end();
  for (Door& door : doors_)
    door.acceptor.stop();
  for (HttpSession& session : sessions_) {
    session.end_if_idle();
    if (drain == Drain::to_stop) session.hurry();
  }
  drained_ = std::move(done);
  sessions_.when_empty(drained_);
}

void HttpRouter::Impl::pause() {
  for (Door& door : doors_)
    door.acceptor.pause();
}

void HttpRouter::Impl::resume() {
  for (Door& door : doors_)
    door.acceptor.resume();
}

void HttpRouter::Impl::admit(Door& door, UniqueFd fd, const net::Endpoint& remote) {
  worker_.counters.accepted.add();
  try {
    net::Socket socket(worker_.io, std::move(fd));
    auto session = std::make_unique<HttpSession>(worker_, std::move(socket), remote, door.tls,
                                                 door.server_port, door.redirect_port);
    net::asio::co_spawn(worker_.io, serve(shared_from_this(), std::move(session)),
                        net::asio::detached);
  } catch (const std::exception& failure) {
    refused("session.refused", failure.what());
  }
}

net::awaitable<void> HttpRouter::Impl::serve(std::shared_ptr<Impl>,
                                             std::unique_ptr<HttpSession> session) {
  const Sessions::Membership membership(sessions_, *session);
  try {
    co_await session->run();
  } catch (const std::exception& failure) {
    log::failure(worker_.error_lines, "session.failed", failure.what());
  }
}

void HttpRouter::Impl::refused(std::string_view event, std::string_view reason) {
  worker_.counters.accept_failed.add();
  log::failure(worker_.error_lines, event, reason);
}

HttpRouter::HttpRouter(net::asio::io_context& io, Environment environment,
                       std::vector<Frontend> frontends)
    : impl_(std::make_shared<Impl>(io, environment, frontends)) {}

HttpRouter::~HttpRouter() = default;

void HttpRouter::start() {
  impl_->start();
}

void HttpRouter::pause() {
  impl_->pause();
}

void HttpRouter::resume() {
  impl_->resume();
}

void HttpRouter::drain(Drain drain, std::function<void()> done) {
  impl_->drain(drain, std::move(done));
}

}  // namespace reprise::router
