#include "sync/service_client.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "net/reactor.hpp"
#include "sync/command_runner.hpp"
#include "sync/copy_stream.hpp"

namespace reprise::sync {
namespace {

using net::awaitable;

constexpr std::size_t piece_size = 64 * 1024;

// Slices of a cache that are gone over before the others of the keeper have their turn.
constexpr int slices_in_a_row = 16;

// What a client may send beyond its command before it is left to its reset.
constexpr std::size_t max_read_away = 64 * 1024;

}  // namespace

ServiceClient::ServiceClient(Shared& shared, UniqueFd fd, const net::Endpoint& from)
    : shared_(shared),
      socket_(shared.io, std::move(fd)),
      stream_(socket_),
      from_(from),
      deadline_(shared.deadlines, [this] { cancel(); }),
      whole_(shared.deadlines, [this] { cancel(); }) {}

// Sessions are secrets.
ServiceClient::~ServiceClient() {
  ::explicit_bzero(request_.data(), request_.size());
  ::explicit_bzero(piece_.data(), piece_.size());
}

void ServiceClient::cancel() {
  cancelled_ = true;
  socket_.cancel();
}

awaitable<void> ServiceClient::run() {
  deadline_.set_from_now(shared_.options.request);
  const bool whole = co_await read_packet();
  if (!whole) co_return;
  const auto command = read_command(request_);
  if (!command) {
    shared_.counters.malformed.add();
    co_return co_await finish();
  }
  shared_.counters.commands.add();
  commanded_ = true;
  whole_.set_from_now(shared_.options.whole);
  co_await answer(*command, request_.size());
}

// False if the client went away, was too slow, or speaks another protocol.
awaitable<bool> ServiceClient::read_packet() {
  const bool has_header = co_await read_up_to(Command::header_size);
  if (!has_header) co_return false;
  const auto size = command_size(request_);
  if (!size) {
    shared_.counters.malformed.add();
    co_return false;
  }
  co_return co_await read_up_to(*size);
}

// Until the request has so many bytes.
awaitable<bool> ServiceClient::read_up_to(std::size_t size) {
  std::array<char, 4096> chunk;
  while (request_.size() < size) {
    const std::size_t wanted = std::min(chunk.size(), size - request_.size());
    const auto count = co_await net::read_some(stream_, Buffer(chunk).first(wanted));
    if (!count || *count == 0) co_return false;
    request_.append(chunk.data(), *count);
    ::explicit_bzero(chunk.data(), *count);
  }
  co_return true;
}

// The first of that name; the first of all for none.
Offer* ServiceClient::find(Bytes name) {
  for (Offer& offer : shared_.offers) {
    if (!name.empty() && offer.settings().name != name) continue;
    return offer.sealed ? nullptr : &offer;
  }
  return nullptr;
}

awaitable<void> ServiceClient::answer(Command command, std::size_t packet_size) {
  Offer* const offer = find(command.cache);
  if (offer == nullptr) co_return co_await finish();
  if (command.verb == Command::Verb::copy) co_return co_await send_copy(*offer);
  if (command.verb == Command::Verb::dump) co_return co_await send_dump(*offer);
  if (command.value_size > 0) {
    // The packet may move when the request grows.
    const bool whole = co_await read_up_to(packet_size + command.value_size);
    if (!whole) co_return;
    command = *read_command(Bytes(request_).substr(0, packet_size));
    command.value = Bytes(request_).substr(packet_size);
  }
  if (command.verb == Command::Verb::clear) co_await clear(*offer);
  if (cancelled_) co_return;
  piece_ = sync::run(command, command.value, *offer, from_, unix_now());
  if (!piece_.empty()) {
    const bool sent = co_await send_piece();
    if (!sent) co_return;
  }
  co_await finish();
}

awaitable<bool> ServiceClient::send_piece() {
  deadline_.set_from_now(shared_.options.piece);
  const error_code error = co_await net::write_all(stream_, piece_);
  if (!error) shared_.counters.bytes_sent.add(piece_.size());
  ::explicit_bzero(piece_.data(), piece_.size());
  piece_.clear();
  co_return !error;
}

awaitable<void> ServiceClient::give_way() {
  co_await net::Reactor::of(shared_.io).next_turn();
}

awaitable<void> ServiceClient::clear(Offer& offer) {
  cache::ClearCursor cursor;
  for (bool more = true; more && !cancelled_;) {
    for (int i = 0; i < slices_in_a_row && more; ++i)
      more = offer.cache.local().clear(cursor);
    deadline_.set_from_now(shared_.options.piece);
    co_await give_way();
  }
}

awaitable<void> ServiceClient::send_copy(Offer& offer) {
  shared_.counters.copies.add();
  ItemWalk walk(offer, shared_.counters);
  std::string packet;
  const auto append = [&](Bytes key, const cache::Item& item) {
    if (encode({Operation::set, key, item.value, item.expires}, packet)) {
      piece_.append(packet);
      shared_.counters.items_sent.add();
    } else {
      shared_.counters.left_out.add();
    }
  };
  piece_ = copy_head(unix_now());
  bool more = co_await send_piece();
  while (more && !cancelled_) {
    deadline_.set_from_now(shared_.options.piece);
    for (int i = 0; i < slices_in_a_row && more && piece_.size() < piece_size; ++i)
      more = walk.step(unix_now(), append);
    if (!more) piece_.append(copy_end());
    ::explicit_bzero(packet.data(), packet.capacity());
    if (piece_.size() >= piece_size || !more) {
      const bool sent = co_await send_piece();
      if (!sent) co_return;
    }
    co_await give_way();
  }
  co_await finish();
}

awaitable<bool> ServiceClient::collect(Offer& offer, DumpWriter& dump) {
  ItemWalk walk(offer, shared_.counters);
  const auto add = [&](Bytes key, const cache::Item& item) {
    (dump.add(key, item) ? shared_.counters.items_sent : shared_.counters.left_out).add();
  };
  for (bool more = true; more && !cancelled_;) {
    for (int i = 0; i < slices_in_a_row && more; ++i)
      more = walk.step(unix_now(), add);
    deadline_.set_from_now(shared_.options.piece);
    co_await give_way();
  }
  co_return !cancelled_;
}

awaitable<void> ServiceClient::send_dump(Offer& offer) {
  if (shared_.dumps >= shared_.options.max_dumps) {
    shared_.counters.busy.add();
    co_return co_await finish();
  }
  struct Place {
    std::size_t& dumps;
    explicit Place(std::size_t& all) : dumps(all) { ++dumps; }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    ~Place() { --dumps; }
  } const place(shared_.dumps);
  shared_.counters.dumps.add();
  DumpWriter dump(offer.settings(), shared_.options.largest_dump);
  const bool collected = co_await collect(offer, dump);
  if (!collected) co_return;
  dump.begin();
  while (!cancelled_ && dump.next(piece_)) {
    const bool sent = co_await send_piece();
    if (!sent) co_return;
    co_await give_way();
  }
  co_await finish();
}

// A socket closed with unread input sends a reset, and that may overtake the answer: so what the
// client still sends is read until it closes.
awaitable<void> ServiceClient::finish() {
  const net::Step end = stream_.shut_down();
  if (end.error) co_return;
  deadline_.set_from_now(shared_.options.request);
  std::array<char, 4096> ignored;
  for (std::size_t total = 0; total < max_read_away;) {
    const auto size = co_await net::read_some(stream_, ignored);
    if (!size || *size == 0) co_return;
    total += *size;
  }
}

}  // namespace reprise::sync
