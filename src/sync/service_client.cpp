#include "sync/service_client.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "net/reactor.hpp"
#include "sync/command_runner.hpp"
#include "sync/copy_stream.hpp"
#include "sync/modifiers.hpp"

namespace reprise::sync {
namespace {

using net::awaitable;

constexpr std::size_t piece_size = 64 * 1024;

// Slices of a cache that are gone over before the others of the keeper have their turn.
constexpr int slices_in_a_row = 16;

// Of those that there are few of at a time.
class Place {
public:
  explicit Place(std::size_t& taken) : taken_(taken) { ++taken_; }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;
  ~Place() { --taken_; }

private:
  std::size_t& taken_;
};

// What a client may send beyond its command before it is left to its reset.
constexpr std::size_t max_read_away = 64 * 1024;

bool is_sealed_request(Bytes header) {
  constexpr std::size_t size = SealedCopies::request_size - Command::header_size;
  static constexpr std::array<char, Command::header_size> wanted{
      static_cast<char>(cache_modifier), static_cast<char>(size), '\0',
      static_cast<char>(modifier::sealed_copy)};
  return header.starts_with(Bytes(wanted.data(), wanted.size()));
}

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
  const bool has_header = co_await read_up_to(Command::header_size);
  if (!has_header) co_return;
  if (is_sealed_request(request_)) {
    co_await give_sealed_copy();
  } else {
    co_await answer_command();
  }
}

awaitable<void> ServiceClient::answer_command() {
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
  const Place place(shared_.dumps);
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

std::unique_ptr<SealedGiving> ServiceClient::begin_sealed_copy() {
  for (const Offer& offer : shared_.offers) {
    if (offer.copies == nullptr) continue;
    if (auto giving = offer.copies->give(request_, shared_.counters)) return giving;
  }
  return nullptr;
}

// Who has not proved to have the secret is one of those that go when there are too many.
awaitable<bool> ServiceClient::is_accepted(SealedGiving& giving) {
  piece_ = giving.hello();
  const bool sent = co_await send_piece();
  if (!sent) co_return false;
  deadline_.set_from_now(shared_.options.request);
  const std::size_t request_size = request_.size();
  const bool whole = co_await read_up_to(request_size + giving.answer_size());
  if (!whole) co_return false;
  if (giving.accept(Bytes(request_).substr(request_size))) co_return true;
  shared_.counters.forged.add();
  co_await finish();
  co_return false;
}

awaitable<void> ServiceClient::give_sealed_copy() {
  const bool whole = co_await read_up_to(SealedCopies::request_size);
  if (!whole) co_return;
  const auto giving = begin_sealed_copy();
  if (giving == nullptr) {
    shared_.counters.other_key.add();
    co_return co_await finish();
  }
  const bool accepted = co_await is_accepted(*giving);
  if (!accepted) co_return;
  shared_.counters.commands.add();
  commanded_ = true;
  if (shared_.sealed >= shared_.options.max_sealed) {
    shared_.counters.busy.add();
    co_return co_await finish();
  }
  const Place place(shared_.sealed);
  shared_.counters.copies.add();
  whole_.set_from_now(shared_.options.whole);
  for (bool more = true; more && !cancelled_;) {
    deadline_.set_from_now(shared_.options.piece);
    more = giving->next(piece_);
    if (!piece_.empty()) {
      const bool sent = co_await send_piece();
      if (!sent) co_return;
    }
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
