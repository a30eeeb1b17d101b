#include "stats/client.hpp"

#include <array>

namespace reprise::stats {
namespace {

// spec/process/stats.md 3: exactly this, without a Content-Length; the end of the stream is the
// end of the document.
constexpr char http_head[] =
    "HTTP/1.0 200 OK\r\n"
    "Connection: close\r\n"
    "Access-Control-Allow-Origin: *\r\n"
    "Content-Type: application/json\r\n"
    "\r\n";

using Chunk = std::array<char, 4096>;

// What a client may send beyond its document before it is left to its reset.
constexpr std::size_t max_read_away = 64 * 1024;

}  // namespace

Client::Client(net::asio::io_context& io, net::Deadlines& deadlines, UniqueFd fd)
    : socket_(io, std::move(fd)), stream_(socket_), deadline_(deadlines, [this] { cancel(); }) {}

void Client::cancel() {
  cancelled_ = true;
  socket_.cancel();
}

net::awaitable<void> Client::run(const Server::Options& options,
                                 const Server::MakeDocument& make_document) {
  deadline_.set_from_now(options.deadline);
  std::string answer;
  if (options.http) {
    const bool asked = co_await asks();
    if (!asked || cancelled_) co_return;
    answer = http_head;
  }
  answer += make_document();
  const error_code error = co_await net::write_all(stream_, answer);
  if (error) co_return;
  const net::Step end = stream_.shut_down();
  if (end.error) co_return;
  co_await read_away();
}

// Reads once, as uWSGI does: any request gets the same answer, so its text does not matter.
net::awaitable<bool> Client::asks() {
  Chunk request;
  const auto size = co_await net::read_some(stream_, request);
  co_return size&&* size > 0;
}

// A socket closed with unread input sends a reset, and that may overtake the document: so what the
// client sent (curl and browsers send a request in plain mode too) is read until it closes.
net::awaitable<void> Client::read_away() {
  Chunk ignored;
  for (std::size_t total = 0; total < max_read_away;) {
    const auto size = co_await net::read_some(stream_, ignored);
    if (!size || *size == 0) co_return;
    total += *size;
  }
}

}  // namespace reprise::stats
