#include "harness.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <future>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <fmt/format.h>

#include "protocol/uwsgi_packet.hpp"

namespace reprise::router::testing {
namespace {

constexpr std::chrono::seconds patience{10};

// The other side takes no more: nothing of a TCP connection on loopback needs so long.
constexpr std::chrono::milliseconds full_after{300};

void set_patience(int fd) {
  const timeval time{patience.count(), 0};
  ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time);
  ::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &time, sizeof time);
}

UniqueFd connected(const std::string& address) {
  const net::Endpoint endpoint = net::resolve(address, net::Role::connect);
  UniqueFd fd(::socket(endpoint.family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (::connect(fd.get(), endpoint.data(), endpoint.size()) != 0) return UniqueFd();
  return fd;
}

// Waits for a connection, as long as nobody shuts the listener down.
UniqueFd accept(const net::Listener& listener, int flags) {
  pollfd watched{listener.fd(), POLLIN, 0};
  ::poll(&watched, 1, -1);
  return UniqueFd(::accept4(listener.fd(), nullptr, nullptr, SOCK_CLOEXEC | flags));
}

}  // namespace

Peer::Peer(UniqueFd fd) : fd_(std::move(fd)) {
  set_patience(fd_.get());
}

Peer::Peer(const std::string& address) : Peer(testing::connected(address)) {}

void Peer::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n <= 0) return;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
}

bool Peer::receive_some(std::string& into, std::size_t at_most) {
  char chunk[65536];
  const ssize_t n = ::recv(fd_.get(), chunk, std::min(at_most, sizeof chunk), 0);
  reset_ = n < 0 && errno == ECONNRESET;
  if (n > 0) into.append(chunk, static_cast<std::size_t>(n));
  return n > 0;
}

std::string Peer::receive(std::size_t bytes) {
  std::string all;
  while (all.size() < bytes && receive_some(all, bytes - all.size())) {
  }
  return all;
}

std::string Peer::receive_until(std::string_view end) {
  std::string all;
  while (!all.ends_with(end) && receive_some(all, 1)) {
  }
  return all;
}

std::string Peer::receive_all() {
  std::string all;
  while (receive_some(all, std::string::npos)) {
  }
  return all;
}

std::string Peer::receive_answer() {
  std::string answer = receive_until("\r\n\r\n");
  const std::string_view field = "Content-Length: ";
  const std::size_t at = answer.find(field);
  if (at == std::string::npos) return answer;
  return answer + receive(std::stoul(answer.substr(at + field.size())));
}

std::size_t Peer::send_until_full(char byte, std::size_t at_most) {
  const std::string piece(65536, byte);
  std::size_t sent = 0;
  while (sent < at_most) {
    pollfd watched{fd_.get(), POLLOUT, 0};
    if (::poll(&watched, 1, full_after.count()) != 1) break;
    const std::size_t size = std::min(piece.size(), at_most - sent);
    const ssize_t n = ::send(fd_.get(), piece.data(), size, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n < 0 && errno != EAGAIN) break;
    if (n > 0) sent += static_cast<std::size_t>(n);
  }
  return sent;
}

void Peer::shut_down_writing() {
  ::shutdown(fd_.get(), SHUT_WR);
}

void Peer::reset() {
  const linger now{1, 0};
  ::setsockopt(fd_.get(), SOL_SOCKET, SO_LINGER, &now, sizeof now);
  fd_.reset();
}

std::string Backend::Request::operator[](std::string_view name) const {
  const auto found = std::find_if(variables.begin(), variables.end(),
                                  [name](const auto& each) { return each.first == name; });
  return found == variables.end() ? std::string() : found->second;
}

std::size_t Backend::Request::body_size() const {
  const std::string length = (*this)["CONTENT_LENGTH"];
  return length.empty() ? 0 : std::stoul(length);
}

Backend::Backend(Behaviour behaviour, const std::string& address)
    : behaviour_(std::move(behaviour)),
      listener_(net::Listener::bind(address, {})),
      thread_([this] { serve(); }) {}

Backend::~Backend() {
  stopping_ = true;
  ::shutdown(listener_.fd(), SHUT_RDWR);
  thread_.join();
}

std::vector<Backend::Request> Backend::requests() {
  const std::lock_guard held(mutex_);
  return requests_;
}

void Backend::serve() {
  while (!stopping_) {
    UniqueFd fd = accept(listener_, 0);
    if (fd) serve(Peer(std::move(fd)));
  }
}

void Backend::serve(Peer peer) {
  std::string bytes = peer.receive(protocol::PacketWriter::header_size);
  if (bytes.size() < protocol::PacketWriter::header_size) return;
  const auto low = static_cast<unsigned char>(bytes[1]);
  const auto high = static_cast<unsigned char>(bytes[2]);
  bytes += peer.receive(static_cast<std::size_t>(low | high << 8));
  const auto packet = protocol::read_packet(bytes);
  if (!packet) return;
  Request request;
  request.variables = {packet->variables.begin(), packet->variables.end()};
  {
    const std::lock_guard held(mutex_);
    requests_.push_back(request);
  }
  behaviour_(request, peer);
}

Backend::Behaviour answers(std::string text) {
  return [text = std::move(text)](const Backend::Request& request, Peer& peer) {
    peer.receive(request.body_size());
    peer.send(text);
  };
}

void echo(const Backend::Request& request, Peer& peer) {
  peer.send(ok(peer.receive(request.body_size())));
}

void echo_as_it_comes(const Backend::Request& request, Peer& peer) {
  std::size_t left = request.body_size();
  peer.send(fmt::format("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", left));
  while (left > 0) {
    const std::string piece = peer.receive(std::min<std::size_t>(left, 10000));
    if (piece.empty()) return;
    peer.send(piece);
    left -= piece.size();
  }
}

std::string ok(std::string_view body) {
  return fmt::format("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{}", body.size(), body);
}

std::string get(std::string_view path, std::string_view fields) {
  return fmt::format("GET {} HTTP/1.1\r\nHost: app.test\r\n{}\r\n", path, fields);
}

std::string post(std::string_view path, std::size_t length, std::string_view fields) {
  return fmt::format("POST {} HTTP/1.1\r\nHost: app.test\r\nContent-Length: {}\r\n{}\r\n", path,
                     length, fields);
}

int status_of(std::string_view answer) {
  if (!answer.starts_with("HTTP/1.") || answer.size() < 12) return 0;
  return std::stoi(std::string(answer.substr(9, 3)));
}

std::string body_of(std::string_view answer) {
  const std::size_t end = answer.find("\r\n\r\n");
  return end == std::string_view::npos ? std::string() : std::string(answer.substr(end + 4));
}

std::string free_address() {
  return net::Listener::bind("127.0.0.1:0", {}).bound_name();
}

bool eventually(const std::function<bool()>& condition) {
  const auto end = std::chrono::steady_clock::now() + patience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

SessionsTest::SessionsTest() : listener_(net::Listener::bind("127.0.0.1:0", {})) {}

SessionsTest::~SessionsTest() {
  if (!worker_) return;
  io_.stop();
  net::Reactor::of(io_).interrupt();
  thread_.join();
  for (const std::string& failure : failures_)
    ADD_FAILURE() << "a session ended with: " << failure;
}

Backend& SessionsTest::behind(Backend::Behaviour behaviour) {
  Backend& backend = *backends_.emplace_back(std::make_unique<Backend>(std::move(behaviour)));
  behind(backend.address());
  return backend;
}

void SessionsTest::behind(const std::string& address) {
  addresses_.push_back({address, ""});
}

void SessionsTest::start() {
  if (worker_) return;
  resolved_ = resolve(addresses_);
  if (!settings_.access_log.target.text.empty()) access_log_.emplace(settings_.access_log);
  fallbacks_ = resolve(settings_.fallbacks);
  const Environment environment{settings_,
                                counters_,
                                tls_counters_,
                                "router.test",
                                resolved_,
                                fallbacks_,
                                access_log_ ? &*access_log_ : nullptr};
  worker_ = std::make_shared<Worker>(io_, environment, std::chrono::milliseconds(5));
  thread_ = std::thread([this] {
    const auto guard = net::asio::make_work_guard(io_);
    net::Reactor::of(io_).run();
  });
}

Timeouts& SessionsTest::timeouts() {
  start();
  return worker_->timeouts;
}

void SessionsTest::in_loop(const std::function<void()>& work) {
  std::promise<void> done;
  net::asio::post(io_, [&] {
    work();
    done.set_value();
  });
  net::Reactor::of(io_).interrupt();
  done.get_future().wait();
}

net::awaitable<void> SessionsTest::serve(SessionsTest& test, std::shared_ptr<Worker> worker,
                                         std::unique_ptr<HttpSession> session) {
  test.sessions_.push_back(session.get());
  try {
    co_await session->run();
  } catch (const std::exception& failure) {
    test.failures_.push_back(failure.what());
  }
  std::erase(test.sessions_, session.get());
  session.reset();
  worker.reset();
}

void SessionsTest::open(UniqueFd fd, const tls::Context* tls) {
  const net::Endpoint remote = net::Endpoint::peer(fd.get());
  net::Socket socket(io_, std::move(fd));
  auto session = std::make_unique<HttpSession>(*worker_, std::move(socket), remote, tls, "8443");
  net::asio::co_spawn(io_, serve(*this, worker_, std::move(session)), net::asio::detached);
}

Peer SessionsTest::connect(const tls::Context* tls) {
  start();
  Peer client(listener_.bound_name());
  UniqueFd accepted = accept(listener_, SOCK_NONBLOCK);
  in_loop([&] { open(std::move(accepted), tls); });
  return client;
}

Peer SessionsTest::connect() {
  return connect(nullptr);
}

Peer SessionsTest::connect(const tls::Context& tls) {
  return connect(&tls);
}

std::string SessionsTest::ask(std::string_view request) {
  Peer client = connect();
  client.send(request);
  client.shut_down_writing();
  return client.receive_all();
}

void SessionsTest::drain() {
  in_loop([this] {
    worker_->draining = true;
    for (HttpSession* session : sessions_)
      session->end_if_idle();
  });
}

std::size_t SessionsTest::borrowed_buffers() {
  std::size_t borrowed = 0;
  in_loop([&] { borrowed = worker_->buffers.borrowed(); });
  return borrowed;
}

std::size_t SessionsTest::running_sessions() {
  std::size_t running = 0;
  in_loop([&] { running = sessions_.size(); });
  return running;
}

void SessionsTest::wait_until_all_ended() {
  EXPECT_TRUE(eventually([this] { return running_sessions() == 0; })) << "sessions go on";
  EXPECT_EQ(borrowed_buffers(), 0U);
}

bool SessionsTest::at_rest() {
  return eventually([this] { return borrowed_buffers() == 0; });
}

}  // namespace reprise::router::testing
