#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cluster/budget.hpp"
#include "cluster/clock.hpp"
#include "cluster/contents.hpp"
#include "cluster/healing.hpp"
#include "cluster/own_sender.hpp"
#include "cluster/peers.hpp"
#include "cluster/pulls.hpp"
#include "cluster/shared_state.hpp"
#include "cluster/tokens.hpp"
#include "net/address.hpp"
#include "sync/ledger.hpp"

namespace reprise::cluster {

// What was longer on the way is not taken.
inline constexpr Moment latest = 3000;

// The way out of a member.
class Wire {
public:
  virtual ~Wire() = default;
  // To every configured node.
  virtual void tell(Bytes datagram) = 0;
  virtual void send(const net::Endpoint& to, Bytes datagram) = 0;
  // To every repeater, which know the addressee.
  virtual void send_around(Bytes datagram) = 0;
  // Whether a node or repeater of the configuration is there.
  virtual bool is_configured(const net::Endpoint& node) const = 0;
};

// One node's part in a sealed cluster, for one cache: the rules of SEALED.md without sockets and
// timers. Does nothing that was not sealed under a secret of the cluster, and changes the cache
// only for senders that have proved to be there now. One process at a time.
class Member : private Searcher, private Speaker {
public:
  struct Parts {
    const seal::PacketKeys& keys;
    seal::Cipher cipher;
    Contents& contents;
    SharedState& shared;
    const sync::Ledger& ledger;
    Wire& wire;
    // For pulls; without a board nobody here asks, and without names nobody is answered.
    const seal::NameKeyList* names = nullptr;
    PullBoard* board = nullptr;
    Micros pull_budget = 0;
  };

  // References in `parts` outlive this. `name`: from draw_name().
  Member(const Parts& parts, const seal::SenderName& name, const Clocks& now);

  // What arrived, with all its counting.
  void take(Bytes datagram, const net::Endpoint& from, Moment now) noexcept;

  // A change of the cache that was made here. It leaves with others, at the latest at flush().
  void changed(Bytes key, Moment now);
  void erased(Bytes key, Moment now);
  void flush(Moment now);

  // A handshake waits for a session that is not here.
  void seek(const PullBoard::Ticket& ticket, Moment now);
  // Does what is due of the searches for sessions; when something will be.
  void search(Micros now) { pulls_.advance(now); }
  std::optional<Micros> next_search() const { return pulls_.next_due(); }

  // Sends some of what heals others, and this node; how many bytes that were. 0: nothing waits.
  std::size_t heal(Moment now) { return healing_.step(now_ = now); }
  bool heals() const { return healing_.is_at_work(); }

  // To be called every hundred milliseconds or so.
  void tick(const Clocks& now);

  // This node will go. Until has_left() it goes on as before, and gives what only it has to
  // another; then it says that it is gone.
  void leave(Moment now);
  bool has_left(Moment now) const { return healing_.has_left(now); }
  void say_gone(Moment now);

  Peers& peers() { return peers_; }
  const OwnSender& own() const { return own_; }

private:
  using Outcome = std::optional<sync::Rejection>;
  struct Opened {
    seal::Header header;
    Preamble preamble;
    std::vector<Message> messages;
    const net::Endpoint& from;
    Moment now;
  };

  Outcome read(Bytes datagram, const net::Endpoint& from, Moment now);
  std::optional<std::size_t> key_of(const seal::KeyId& id) const;
  Peer& meet(const seal::SenderName& name, std::size_t key, Moment now);
  Outcome open(Peer& peer, const seal::Header& header, Bytes datagram, const net::Endpoint& from,
               Moment now);
  void doubt(Peer& peer, const seal::Header& header, Bytes datagram, const net::Endpoint& from,
             Moment now);
  Outcome understand(Peer& peer, const Opened& opened);
  void note(Peer& peer, const Opened& opened);
  void follow(Peer& peer, const Opened& opened);
  void hear_newcomer(Peer& peer, const Opened& opened);
  Outcome hear(Peer& peer, const Opened& opened, const Message& message);
  Outcome hear_change(Peer& peer, const Opened& opened, const Message& message);
  Outcome hear_hello(Peer& peer, const Opened& opened, Bytes body);
  Outcome hear_challenge(Peer& peer, const Opened& opened, Bytes body);
  Outcome hear_proof(Peer& peer, const Opened& opened, Bytes body);
  Outcome hear_ask(Peer& peer, const Opened& opened, Bytes body);
  Outcome hear_answer(Peer& peer, const Opened& opened, Bytes body);
  Outcome hear_not_here(Peer& peer, Bytes body);
  NotHereReason why_not_here(Bytes id, const seal::Origin& origin, Moment now);
  bool is_over(const seal::Origin& origin, Moment now);
  void ask(const Peer& peer, const AskToken& token, Bytes id, bool again) override;
  void say(const Peer& to, seal::Kind kind, Bytes messages) override;
  void decided(const PullBoard::Ticket& ticket, PullEnd end) override;
  Outcome hear_next_name(Peer& peer, const Opened& opened, Bytes body);
  void retire_former(const Peer& peer, std::uint16_t node);
  void forget_retired();
  void check_heard(const Opened& opened, std::uint64_t heard);
  void settle_node_clash(const Peer& peer, Moment now);

  void challenge(Peer& peer, const net::Endpoint& at, Moment now, std::string* with = nullptr);
  void prove(Peer& peer, const Token& token, Moment now, std::string& messages);
  void say_hello(Moment now);
  void change_name(Renaming why, Moment now);
  void draw_node(Moment now);

  void begin_plaintext(std::uint64_t push, Moment now);
  void seal_plaintext(seal::Kind kind, std::uint32_t to);
  void tell_all(seal::Kind kind);
  void send(seal::Kind kind, const net::Endpoint& at, const seal::SenderName& to, Bytes messages,
            Moment now);
  void send_control(const net::Endpoint& at, const seal::SenderName& to, Bytes messages,
                    Moment now) {
    send(seal::Kind::control, at, to, messages, now);
  }
  void add_to_batch(Bytes key, bool erased, Moment now);
  void count_too_large();
  Moment age_of(const Peer& peer, const Opened& opened) const;

  Parts parts_;
  OwnSender own_;
  seal::NewcomerOpener newcomers_;
  Peers peers_;
  Tokens tokens_;
  LeapWatch leaps_;
  Moment started_;

  Budget openings_{20'000};
  Budget challenges_{500};
  Budget proofs_{500};
  Budget next_names_{20};
  Budget answers_{100'000};

  Pulls pulls_;
  Healing healing_;
  std::optional<seal::SessionNames> names_;

  Moment next_hello_ = 0;
  Moment next_aging_ = 0;
  unsigned hellos_ = 0;  // since the last change of name

  std::string batch_;    // messages of changes
  std::string message_;  // the one that is to be added
  std::string plaintext_;
  std::string datagram_;
  std::string opened_;
  std::uint64_t unsent_ = 0;
  bool leaving_ = false;
  Moment now_ = 0;                         // at the last call that told it
  bool rename_ = false;                    // somebody else uses our name
  Pause renamed_;                          // for that
  std::vector<seal::SenderName> retired_;  // peers' former names, until what is heard is done
  log::RateLimit node_lines_{std::chrono::minutes(1)};
};

}  // namespace reprise::cluster
