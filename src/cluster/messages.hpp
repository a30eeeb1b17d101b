#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "seal/envelope.hpp"
#include "seal/session_name.hpp"

namespace reprise::cluster {

// What members of a cluster say to each other inside sealed datagrams (SEALED.md). Integers are
// little endian, times are milliseconds unless said otherwise.

enum class Type : std::uint8_t {
  session = 1,
  erase_session = 2,
  item = 3,
  erase_item = 4,
  ask = 16,
  answer = 17,
  not_here = 18,
  hello = 32,
  challenge = 33,
  proof = 34,
  next_name = 35,
  // healing_messages.hpp
  lost = 36,
  settled = 37,
  digest = 38,
  listing = 39,
  wanted = 40,
  fill = 41,
  fill_end = 42,
  erased = 43,
  gone = 44,
  end_of_copy = 48,  // in streams alone
};

inline constexpr std::uint32_t never = 0xffffffff;  // as what is left of an item
inline constexpr std::uint32_t longest_left = never - 1;

using Token = std::array<unsigned char, 16>;
using AskToken = std::array<unsigned char, 8>;

// What every plaintext begins with.
struct Preamble {
  std::uint16_t node = 0;
  std::uint64_t time = 0;  // since the sender's keeper started, 48 bits
  std::uint64_t push = 0;  // number of this push datagram, 48 bits; 0 in other kinds
};
inline constexpr std::size_t preamble_size = 14;

// A session whose id is in its DER once: it does not travel twice.
struct Session {
  std::uint32_t left = 0;
  Bytes id;   // 32 bytes
  Bytes der;  // without the id if `at` says where it was
  std::uint8_t at = 0;
};
inline constexpr std::uint8_t whole_der = 255;

struct EraseSession {
  std::uint32_t hold = 0;  // how long it could still have lived
  Bytes id;
};

struct Item {
  std::uint32_t left = 0;
  Bytes key;
  Bytes value;
};

struct EraseItem {
  Bytes key;
};

struct Ask {
  AskToken token{};
  Bytes id;
};

struct Answer {
  AskToken token{};
  Session session;
};

// Why there is nothing to answer with.
enum class NotHereReason : std::uint8_t { unknown, expired, erased, evicted, restarted, busy };
struct NotHere {
  AskToken token{};
  NotHereReason reason = NotHereReason::unknown;
};

struct Hello {
  static constexpr std::size_t most_former_nodes = 4;
  std::vector<std::uint16_t> former_nodes;
  std::uint32_t id_clock = 0;     // seconds, 24 bits of them
  std::uint64_t wall_clock = 0;   // Unix seconds: shown, never relied on
  std::uint64_t last_push = 0;    // 48 bits
  std::uint64_t items = 0;        // in the cache
  std::vector<seal::KeyId> keys;  // that it opens, the one it seals with at first
  std::string version;            // of the program, at most 32 bytes
  std::optional<Token> token;     // whoever hears it is to prove itself
  // Over the sessions that it has; nothing: it does not know yet.
  std::optional<std::uint64_t> root;
  bool full = false;     // what it has not is not to be given to it
  bool leaving = false;  // it is not to be asked for what others may have
};

struct Challenge {
  Token token{};
  std::uint64_t heard = 0;  // the highest counter heard of the addressee's name
};

struct Proof {
  Token token{};
  seal::SenderName challenger{};
  std::uint64_t heard = 0;
  std::uint64_t last_push = 0;  // 48 bits; what follows it is this peer's to miss
};

// Each appends a message.
void append_preamble(std::string& to, const Preamble& preamble);
void append(std::string& to, const Session& message);
void append(std::string& to, const EraseSession& message);
void append(std::string& to, const Item& message);
void append(std::string& to, const EraseItem& message);
void append(std::string& to, const Ask& message);
void append(std::string& to, const Answer& message);
void append(std::string& to, const NotHere& message);
void append(std::string& to, const Hello& message);
void append(std::string& to, const Challenge& message);
void append(std::string& to, const Proof& message);
void append_next_name(std::string& to, const seal::SenderName& name);
void append_end_of_copy(std::string& to);
// The sender will say nothing more.
void append_gone(std::string& to);

// A session as it travels: the id is taken out of a DER that has it, into `scratch`.
Session session_of(Bytes id, Bytes der, std::uint32_t left, std::string& scratch);
// Its DER, put together again in `into`. False if `at` is no place in it.
bool der_of(const Session& session, std::string& into);

// Takes a plaintext apart.
std::optional<Preamble> take_preamble(Bytes& from);

struct Message {
  Type type;  // any number
  Bytes body;
};
// The messages behind the preamble; nothing if a length does not agree with the rest.
std::optional<std::vector<Message>> read_messages(Bytes bytes);

// The body of a message. Nothing if it is none. They refer to the bytes.
std::optional<Session> read_session_message(Bytes body);
std::optional<EraseSession> read_erase_session(Bytes body);
std::optional<Item> read_item(Bytes body);
std::optional<EraseItem> read_erase_item(Bytes body);
std::optional<Ask> read_ask(Bytes body);
std::optional<Answer> read_answer(Bytes body);
std::optional<NotHere> read_not_here(Bytes body);
std::optional<Hello> read_hello(Bytes body);
std::optional<Challenge> read_challenge(Bytes body);
std::optional<Proof> read_proof(Bytes body);
std::optional<seal::SenderName> read_next_name(Bytes body);

// Whether a message may stand in a datagram of this kind.
bool belongs(Type type, seal::Kind kind);

}  // namespace reprise::cluster
