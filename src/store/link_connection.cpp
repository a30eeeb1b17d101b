// The life of a link's connections.
#include <algorithm>
#include <exception>
#include <random>

#include "net/connect.hpp"
#include "net/plain_stream.hpp"
#include "net/reactor.hpp"
#include "net/turns.hpp"
#include "store/link.hpp"

namespace reprise::store {
namespace {

constexpr std::size_t read_size = 16384;
constexpr std::chrono::milliseconds first_pause{50};
constexpr std::chrono::milliseconds longest_pause{2000};
// To connect, to shake hands, and to be welcome.
constexpr std::chrono::milliseconds connect_patience{3000};

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

void Link::start() {
  net::asio::co_spawn(io_, run(), net::asio::detached);
}

net::awaitable<void> Link::run() {
  net::Timer timer(io_);
  auto pause = first_pause;
  for (;;) {
    trouble_.reset();
    bool failed = false;
    try {
      co_await connect_and_serve();
    } catch (const std::exception&) {  // memory, or OpenSSL
      failed = true;
    }
    if (failed) report(Trouble::connect, "out of memory");
    const bool was_up = up_;
    lose();
    pause = was_up ? first_pause : std::min(pause * 2, longest_pause);
    const error_code error = co_await timer.wait(spread(pause));
    if (error) co_return;
  }
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
  std::optional<net::Deadline> deadline;
  deadline.emplace(deadlines_, [&socket] { socket->cancel(); });
  deadline->set_from_now(connect_patience);
  std::unique_ptr<net::Stream> stream;
  error_code error = co_await connect(*socket, stream, *deadline);
  if (error) {
    if (!trouble_) {
      report(Trouble::connect, deadline->has_passed() ? "no connection in time" : error.message());
    }
    co_return;
  }
  error = co_await serve(*stream, deadline);
  if (trouble_) co_return;  // said already
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
  if (tls_ == nullptr) {
    stream = std::make_unique<net::PlainStream>(socket);
    co_return error_code();
  }
  auto secured = std::make_unique<TlsClientStream>(socket, *tls_, place_.host);
  std::string why;
  error = co_await secured->handshake(why);
  if (error == errc::tls_failure)
    report(Trouble::tls, why.empty() ? "it ended the handshake" : std::string_view(why));
  stream = std::move(secured);
  co_return error;
}

net::awaitable<error_code> Link::serve(net::Stream& stream,
                                       std::optional<net::Deadline>& deadline) {
  const Connected connected(*this, stream);
  const auto reader = dialect_.reader();
  out_.clear();
  sent_ = 0;
  hellos_ = dialect_.greet(out_);
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
