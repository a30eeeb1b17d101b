#include "sync/copier.hpp"

#include <cstring>
#include <string>

#include "net/connect.hpp"
#include "net/plain_stream.hpp"
#include "net/reactor.hpp"
#include "sync/copy_stream.hpp"
#include "sync/dump_reader.hpp"
#include "sync/modifiers.hpp"

namespace reprise::sync {
namespace {

using net::awaitable;

constexpr std::size_t piece_size = 64 * 1024;

// A cache's name, and what is asked of it.
std::string request(unsigned char what, const std::string& name) {
  std::string packet{static_cast<char>(cache_modifier), static_cast<char>(name.size() & 0xff),
                     static_cast<char>(name.size() >> 8 & 0xff), static_cast<char>(what)};
  return packet + name;
}

// The neighbour's secrets are not left behind.
struct Piece {
  std::string bytes = std::string(piece_size, '\0');
  Piece() = default;
  Piece(const Piece&) = delete;
  Piece& operator=(const Piece&) = delete;
  ~Piece() { ::explicit_bzero(bytes.data(), bytes.size()); }
};

}  // namespace

Copier::Copier(net::asio::io_context& io, net::Deadlines& deadlines, cache::Cache& cache,
               Intake& intake, CopyCounters& counters, const Options& options, SealedCopies* sealed)
    : io_(io),
      deadlines_(deadlines),
      cache_(cache),
      intake_(intake),
      counters_(counters),
      options_(options),
      sealed_(sealed) {}

awaitable<CopyEnd> Copier::copy_from(const net::Endpoint& neighbour) {
  if (sealed_ != nullptr) co_return co_await copy_sealed_from(neighbour);
  const std::string& name = cache_.settings().name;
  CopyReader ours(*this);
  const CopyEnd end = co_await ask(neighbour, request(modifier::copy, name), ours);
  if (end != CopyEnd::unanswered) co_return end;
  // A uWSGI, which knows another form alone.
  DumpReader theirs(cache_.settings(), unix_now(), *this);
  co_return co_await ask(neighbour, request(modifier::dump, name), theirs);
}

// A neighbour may not have the first secret yet, or have another first.
awaitable<CopyEnd> Copier::copy_sealed_from(const net::Endpoint& neighbour) {
  CopyEnd end = CopyEnd::unanswered;
  for (std::size_t i = 0; i < sealed_->secrets() && end == CopyEnd::unanswered; ++i) {
    const auto taking = sealed_->take(i, *this);
    end = co_await ask(neighbour, std::string(taking->request()), *taking);
  }
  co_return end;
}

awaitable<CopyEnd> Copier::ask(const net::Endpoint& neighbour, const std::string& request,
                               ItemReader& reader) {
  auto socket = net::Socket::open(io_, neighbour.family());
  if (!socket) co_return CopyEnd::unreachable;
  net::Deadline silence(deadlines_, [&] { socket->cancel(); });
  net::Deadline whole(deadlines_, [&] { socket->cancel(); });
  silence.set_from_now(options_.silence);
  whole.set_from_now(options_.whole);
  const error_code error = co_await net::connect(io_, *socket, neighbour, silence);
  CopyEnd end = CopyEnd::unreachable;
  if (!error) {
    net::PlainStream stream(*socket);
    const error_code refused = co_await net::write_all(stream, request);
    if (!refused) end = co_await read_answer(*socket, reader, silence, whole);
  }
  if (silence.has_passed() || whole.has_passed()) end = CopyEnd::too_slow;
  co_return end;
}

awaitable<CopyEnd> Copier::read_answer(net::Socket& socket, ItemReader& reader,
                                       net::Deadline& silence, const net::Deadline& whole) {
  net::PlainStream stream(socket);
  Piece piece;
  bool answered = false;
  for (;;) {
    const auto size = co_await net::read_some(stream, Buffer(piece.bytes));
    if (!size) co_return answered ? CopyEnd::broken : CopyEnd::unreachable;
    if (*size == 0 && !answered) co_return CopyEnd::unanswered;
    answered = true;
    counters_.bytes.add(*size);
    silence.set_from_now(options_.silence);
    const auto status =
        *size == 0 ? reader.end() : reader.feed(Bytes(piece.bytes).substr(0, *size));
    if (status == ItemReader::Status::complete) co_return CopyEnd::complete;
    if (status == ItemReader::Status::broken) co_return CopyEnd::broken;
    const std::string reply = reader.reply();
    if (!reply.empty()) {
      const error_code refused = co_await net::write_all(stream, reply);
      if (refused) co_return CopyEnd::broken;
    }
    // A neighbour that always has more must not keep everything else waiting.
    co_await net::Reactor::of(io_).next_turn();
    if (silence.has_passed() || whole.has_passed()) co_return CopyEnd::too_slow;
  }
}

// A neighbour's items came from anywhere, so none of them counts as made on this host, wherever the
// neighbour is.
void Copier::item(const Change& item, UnixSeconds copied_at) {
  if (cache_.counts().items + 1 >= cache_.settings().max_items) {
    return refused(Rejection::full);
  }
  const auto reason = intake_.copy(item, {unix_now(), /*from_this_host=*/false, copied_at});
  came(reason);
}

void Copier::came(std::optional<Rejection> refusal) {
  if (refusal) return refused(*refusal);
  ++taken_;
  counters_.taken.add();
}

void Copier::refused(Rejection reason) {
  counters_.rejected[static_cast<std::size_t>(reason)].add();
}

}  // namespace reprise::sync
