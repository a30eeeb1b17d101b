#include "router/raw_router.hpp"

#include <list>

#include "net/acceptor.hpp"
#include "router/raw_session.hpp"
#include "router/session_list.hpp"

namespace reprise::router {

class RawRouter::Impl : public std::enable_shared_from_this<Impl> {
public:
  Impl(net::asio::io_context& io, const RawEnvironment& environment,
       const std::vector<const net::Listener*>& listeners);

  void start();
  void drain(std::function<void()> done);
  void pause();
  void resume();

private:
  using Sessions = SessionList<RawSession>;

  void admit(const std::string& key, UniqueFd fd, const net::Endpoint& remote);
  net::awaitable<void> serve(std::shared_ptr<Impl>, std::unique_ptr<RawSession> session);
  void refused(std::string_view event, std::string_view reason);

  RawWorker worker_;
  std::list<net::Acceptor> acceptors_;
  Sessions sessions_;
};

RawRouter::Impl::Impl(net::asio::io_context& io, const RawEnvironment& environment,
                      const std::vector<const net::Listener*>& listeners)
    : worker_(io, environment), sessions_(io, worker_.counters.active_sessions) {
  for (const net::Listener* listener : listeners) {
    acceptors_.emplace_back(
        io, *listener,
        [this, listener](UniqueFd fd, const net::Endpoint& remote) {
          admit(listener->address(), std::move(fd), remote);
        },
        [this](error_code error) { refused("accept.failed", error.message()); });
  }
}

void RawRouter::Impl::start() {
  for (net::Acceptor& acceptor : acceptors_)
    acceptor.start(shared_from_this());
}

void RawRouter::Impl::drain(std::function<void()> done) {
  for (net::Acceptor& acceptor : acceptors_)
    acceptor.stop();
  sessions_.when_empty(std::move(done));
}

void RawRouter::Impl::pause() {
  for (net::Acceptor& acceptor : acceptors_)
    acceptor.pause();
}

void RawRouter::Impl::resume() {
  for (net::Acceptor& acceptor : acceptors_)
    acceptor.resume();
}

void RawRouter::Impl::admit(const std::string& key, UniqueFd fd, const net::Endpoint& remote) {
  worker_.counters.accepted.add();
  try {
    net::Socket socket(worker_.io, std::move(fd));
    auto session = std::make_unique<RawSession>(worker_, std::move(socket), remote, key);
    net::asio::co_spawn(worker_.io, serve(shared_from_this(), std::move(session)),
                        net::asio::detached);
  } catch (const std::exception& failure) {
    refused("session.refused", failure.what());
  }
}

net::awaitable<void> RawRouter::Impl::serve(std::shared_ptr<Impl>,
                                            std::unique_ptr<RawSession> session) {
  const Sessions::Membership membership(sessions_, *session);
  try {
    co_await session->run();
  } catch (const std::exception& failure) {
    log::failure(worker_.error_lines, "session.failed", failure.what());
  }
}

void RawRouter::Impl::refused(std::string_view event, std::string_view reason) {
  worker_.counters.accept_failed.add();
  log::failure(worker_.error_lines, event, reason);
}

RawRouter::RawRouter(net::asio::io_context& io, const RawEnvironment& environment,
                     const std::vector<const net::Listener*>& listeners)
    : impl_(std::make_shared<Impl>(io, environment, listeners)) {}

RawRouter::~RawRouter() = default;

void RawRouter::start() {
  impl_->start();
}

void RawRouter::pause() {
  impl_->pause();
}

void RawRouter::resume() {
  impl_->resume();
}

void RawRouter::drain(std::function<void()> done) {
  impl_->drain(std::move(done));
}

}  // namespace reprise::router
