#pragma once

#include <optional>
#include <string>
#include <unordered_set>

#include "base/log.hpp"
#include "cache/cache.hpp"
#include "net/address.hpp"
#include "sync/ledger.hpp"
#include "sync/own_packets.hpp"
#include "sync/packet.hpp"
#include "sync/sink.hpp"

namespace reprise::sync {

// How a change came here.
struct Arrival {
  UnixSeconds now = 0;          // by this node's clock
  bool from_this_host = false;  // over loopback or a unix socket, where nobody else can send
  // Of an item that was copied, not told when it was made: the time by the clock of its former
  // place. 0: it is new.
  UnixSeconds copied_at = 0;
  // The change's expiry is by this node's clock, and whoever told it is believed in all.
  bool trusted = false;
  bool asked_for = false;  // by this node, of the one that told it
};

// What a cache demands of its exchange with peers beyond its form. Filled in by who knows what the
// cache is for.
class Acceptance {
public:
  virtual ~Acceptance() = default;

  // Nothing, and the change is made, perhaps with another expiry; or why it is not made.
  virtual std::optional<Rejection> judge(Change& change, const Arrival& arrival) = 0;

  // Whether other hosts may be told of an item when they ask.
  virtual bool may_leave(const cache::Item& item) const = 0;

  // Somebody erases what is under this key, whether it is here or not.
  virtual void erased(Bytes) noexcept {}
};

// What becomes of an item that is here already; `spare_all`: of any other living one too, none of
// which goes for the new one's room.
enum class Existing { replace, keep, spare_all };

// True for loopback and unix sockets.
bool is_this_host(const net::Endpoint& endpoint);

// Makes the changes that peers tell in a plain cache, which tells them to nobody.
class Intake final : public Sink {
public:
  // Keeps references, which outlive this; `acceptance` may be null: everything is taken.
  Intake(cache::Cache& cache, Acceptance* acceptance, OwnPackets own, const Ledger& ledger)
      : cache_(cache), acceptance_(acceptance), own_(std::move(own)), ledger_(ledger) {}

  void take(Bytes datagram, const net::Endpoint& from, UnixSeconds now) noexcept override;

  // The same of a change that came in another form. Why it was not made.
  std::optional<Rejection> take(const Change& change, Existing existing, const net::Endpoint& from,
                                UnixSeconds now) noexcept;

  // What a member of a sealed cluster told, with its expiry by this node's clock. Counts nothing.
  std::optional<Rejection> take_trusted(const Change& change, Existing existing, UnixSeconds now,
                                        bool asked_for = false) noexcept;

  // An item of another node's cache; what is here already stays. Counts nothing.
  std::optional<Rejection> copy(Change item, const Arrival& arrival) noexcept;

  // While one lives, what is erased is not brought back by a copy that was made before. Not more
  // than `most_erased` keys are remembered; a copy takes nothing more once there were others.
  class Copying {
  public:
    explicit Copying(Intake& intake) : intake_(intake) { intake_.erased_.emplace(); }
    ~Copying() { intake_.erased_.reset(); }
    Copying(const Copying&) = delete;
    Copying& operator=(const Copying&) = delete;

  private:
    Intake& intake_;
  };
  static constexpr std::size_t most_erased = 65536;

private:
  template <class F>
  std::optional<Rejection> count(std::size_t bytes, const net::Endpoint& from, F&& apply) noexcept;
  std::optional<Rejection> apply(Bytes datagram, const net::Endpoint& from, UnixSeconds now);
  std::optional<Rejection> apply(Change change, Existing existing, const Arrival& arrival);
  std::optional<Rejection> store(const Change& change, Existing existing, const Arrival& arrival);
  void note_erased(Bytes key);
  bool was_erased(Bytes key) const;
  void say(Rejection reason);
  void say_sealed(const net::Endpoint& from) noexcept;

  cache::Cache& cache_;
  Acceptance* acceptance_;
  OwnPackets own_;
  const Ledger& ledger_;
  std::optional<std::unordered_set<std::string>> erased_;  // while a copy is under way
  log::RateLimit lines_;
  std::unordered_set<std::string> sealers_;  // whose datagrams are sealed, and who were named
};

}  // namespace reprise::sync
