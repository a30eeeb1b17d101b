// The life of a link's connections.
#include <algorithm>
#include <exception>
#include <random>

#include "net/connect.hpp"
#include "net/plain_stream.hpp"
#include "net/reactor.hpp"
#include "net/turns.hpp"
#include "store/link.hpp"
#include "store/reach.hpp"

namespace reprise::store {
namespace {

constexpr std::size_t read_size = 16384;
constexpr std::size_t most_greeting = 2048;
constexpr std::chrono::milliseconds first_pause{50};
constexpr std::chrono::milliseconds longest_pause{2000};
// To connect, to shake hands, and to be welcome.
constexpr std::chrono::milliseconds connect_patience{3000};
// Of one that goes nowhere, between two looks at that.
constexpr std::chrono::hours longest_rest{1};

// Not all workers of all nodes at once.
std::chrono::milliseconds spread(std::chrono::milliseconds pause) {
  static std::minstd_rand random(std::random_device{}());
  const auto half = static_cast<std::uint_fast32_t>(pause.count() / 2);
  return std::chrono::milliseconds(half + random() % (half + 1));
}

}  // namespace

// The stream may be written to while this is there.
class Link::Connected {
public:
  Connected(Link& link, net::Stream& stream) : link_(link) {
    link_.stream_ = &stream;
    ++link_.connection_;
    link_.blocked_ = false;
  }
  ~Connected() { link_.stream_ = nullptr; }
  Connected(const Connected&) = delete;
  Connected& operator=(const Connected&) = delete;

private:
  Link& link_;
};

// It may be cancelled while this is there.
class Link::Connecting {
public:
  Connecting(Link& link, net::Socket& socket) : link_(link) { link_.socket_ = &socket; }
  ~Connecting() { link_.socket_ = nullptr; }
  Connecting(const Connecting&) = delete;
  Connecting& operator=(const Connecting&) = delete;

private:
  Link& link_;
};

void Link::start() {
  net::asio::co_spawn(io_, run(), net::asio::detached);
}

net::awaitable<void> Link::run() {
  auto pause = first_pause;
  for (;;) {
    moved_ = false;
    if (!rests_) {
      const bool was_up = co_await attempt();
      pause = was_up ? first_pause : std::min(pause * 2, longest_pause);
    }
    if (moved_) {
      pause = first_pause;
      continue;
    }
    const error_code error = co_await pause_timer_.wait(rests_ ? longest_rest : spread(pause));
    if (error && !moved_) co_return;
  }
}

// One connection, from its beginning to its end. Whether it was of use.
net::awaitable<bool> Link::attempt() {
  trouble_.reset();
  look_up();
  bool failed = false;
  try {
    co_await connect_and_serve();
  } catch (const std::exception&) {  // memory, or OpenSSL
    failed = true;
  }
  if (moved_) co_return false;  // this was the former place
  if (failed) report(Trouble::connect, "out of memory");
  const bool was_up = up_;
  if (renewal_) renewal_->hurry();
  lose();
  co_return was_up;
}

// What has come of the question that was asked when the connection before was lost.
void Link::look_up() {
  if (!renewal_) return;
  if (const auto found = renewal_->look(Clock::now())) place_.endpoint = *found;
}

void Link::move_to(Place place) {
  leave();
  place_ = std::move(place);
  rests_ = false;
  first_try_ = true;
  name_place();
}

void Link::rest() {
  leave();
  rests_ = true;
}

void Link::leave() {
  moved_ = true;
  up_ = false;
  fail_all();
  for (const Request& request : writes_) {
    if (request.is_write()) row_.dropped.add();
  }
  writes_.clear();
  write_bytes_ = 0;
  breaker_ = Breaker();
  row_.end();
  if (socket_ != nullptr) socket_->cancel();
  pause_timer_.cancel();
}

// The connection has ended.
void Link::lose() {
  up_ = first_try_ = false;
  row_.connected.set(0);
  fail_all();
  owner_.lost(*this);
}

net::awaitable<void> Link::connect_and_serve() {
  auto socket = net::Socket::open(io_, place_.endpoint.family());
  if (!socket) {
    report(Trouble::connect, socket.error().message());
    co_return;
  }
  const Connecting connecting(*this, *socket);
  std::optional<net::Deadline> deadline;
  deadline.emplace(deadlines_, [&socket] { socket->cancel(); });
  deadline->set_from_now(connect_patience);
  std::unique_ptr<net::Stream> stream;
  error_code error = co_await connect(*socket, stream, *deadline);
  if (moved_) co_return;
  if (error) {
    if (!trouble_) {
      report(Trouble::connect, deadline->has_passed() ? "no connection in time" : error.message());
    }
    co_return;
  }
  error = co_await serve(*stream, deadline);
  if (trouble_ || moved_) co_return;  // said already, or of no interest
  if (error == errc::malformed || error == errc::too_large) {
    report(Trouble::malformed, "what it sent is no answer");
  } else if (deadline && deadline->has_passed()) {
    report(Trouble::connect, "no welcome in time");
  } else {
    report(Trouble::lost, error ? error.message() : "it ended the connection");
  }
}

net::awaitable<error_code> Link::connect(net::Socket& socket, std::unique_ptr<net::Stream>& stream,
                                         net::Deadline& deadline) {
  error_code error = co_await net::connect(io_, socket, place_.endpoint, deadline);
  if (error) co_return error;
  if (place_.endpoint.family() != AF_UNIX) net::set_no_delay(socket.fd());
  if (reach_.tls == nullptr) {
    stream = std::make_unique<net::PlainStream>(socket);
    co_return error_code();
  }
  auto secured = std::make_unique<TlsClientStream>(socket, *reach_.tls, place_.host);
  std::string why;
  error = co_await secured->handshake(why);
  if (error == errc::tls_failure && !moved_)
    report(Trouble::tls, why.empty() ? "it ended the handshake" : std::string_view(why));
  stream = std::move(secured);
  co_return error;
}

net::awaitable<error_code> Link::serve(net::Stream& stream,
                                       std::optional<net::Deadline>& deadline) {
  const Connected connected(*this, stream);
  const auto reader = reach_.dialect->reader();
  empty_output();
  out_.reserve(most_greeting);  // no copy of a password stays behind
  hellos_ = reach_.dialect->greet(out_);
  hello_sent_ = Clock::now();
  for (std::size_t i = 0; i < hellos_; ++i) {
    Request hello;
    hello.verb = Verb::hello;
    hello.asked = hello_sent_ + connect_patience;  // it has a deadline of its own
    in_flight_.push_back(std::move(hello));
  }
  flush();
  std::string buffer(read_size, '\0');
  net::Turns turns;
  for (;;) {
    if (turns.over()) co_await net::Reactor::of(io_).next_turn();
    const auto got = co_await net::read_some(stream, Buffer(buffer));
    if (moved_) co_return error_code();
    if (!got) co_return got.error();
    if (*got == 0) co_return error_code();
    row_.bytes_in.add(*got);
    error_code error = reader->feed(Bytes(buffer.data(), *got));
    if (!error) error = take_answers(*reader);
    if (error) co_return error;
    if (up_) deadline.reset();
    flush();
  }
}

}  // namespace reprise::store
