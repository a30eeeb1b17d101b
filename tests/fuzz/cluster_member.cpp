// What a member hears from another one, who has the secret and means it ill: any messages, sealed
// as they should be.
#include "cluster/member.hpp"
#include "sync/own_packets.hpp"
#include "tests/fuzz/pieces.hpp"

namespace reprise::cluster {
namespace {

class Silence final : public Wire {
public:
  void tell(Bytes datagram) override { last_ = datagram; }
  void send(const net::Endpoint&, Bytes datagram) override {
    last_ = datagram;
    ++sent_;
  }
  void send_around(Bytes) override {}
  bool is_configured(const net::Endpoint&) const override { return false; }
  std::string last_;
  std::size_t sent_ = 0;
};

struct Node {
  Node() {
    seal::Guarded<seal::Secrets> secrets;
    secrets->count = 1;
    secrets->list[0].fill(1);
    secrets->list[0][0] = 2;
    keys.emplace(seal::derive(*secrets, "fuzzed", seal::Cipher::aes_256_gcm));
    cache::Settings settings;
    settings.max_items = 100;
    settings.keysize = 64;
    settings.blocksize = 512;
    cache = cache::Cache::create(settings);
    intake.emplace(*cache, nullptr, sync::OwnPackets(std::vector<UniqueFd>{}), ledger);
    contents.emplace(*cache, *intake, std::chrono::seconds(600), *keys->names, *tombstones);
    shared.node = 7;
    // Something to be compared, listed, given and erased.
    seal::SessionNames names(*keys->names);
    for (unsigned char i = 0; i < 20; ++i)
      cache->set(bytes_of(*names.make({7, 0}, {i})), "a value", 0, unix_now());
  }
  std::optional<seal::CacheKeys> keys;
  std::unique_ptr<cache::Cache> cache;
  sync::Ledger ledger{std::vector<net::Endpoint>{}};
  std::optional<sync::Intake> intake;
  std::unique_ptr<Tombstones> tombstones = std::make_unique<Tombstones>();
  std::optional<Contents> contents;
  SharedState shared;
  PullBoard board{1};
  Silence wire;
};

// Says to `member` what opens the door: a proof with the token of its hello.
bool introduce(Member& member, OwnSender& sender, Node& node, Moment now) {
  member.tick({now, now, now});
  std::string opened;
  const seal::Guarded<seal::SenderKeys> keys;
  *keys = seal::sender_keys(node.keys->packets->list[0].packet, member.own().name());
  seal::SenderCipher cipher(*keys, seal::Cipher::aes_256_gcm);
  if (!cipher.open(node.wire.last_, opened)) return false;
  Bytes rest = opened;
  if (!take_preamble(rest)) return false;
  const auto messages = read_messages(rest);
  const auto hello = messages ? read_hello(messages->front().body) : std::nullopt;
  if (!hello || !hello->token) return false;
  std::string plaintext, datagram;
  append_preamble(plaintext, {9, 1, 0});
  append(plaintext, Proof{*hello->token, member.own().name(), 0});
  sender.seal(seal::Kind::control, address_of(member.own().name()), plaintext, datagram);
  member.take(datagram, {}, now);
  return member.peers().live_count() == 1;
}

// The input as an answer, or a refusal, to what `datagram` asks.
std::string answer_to(Bytes datagram, const Node& node, const seal::SenderName& asker,
                      Bytes input) {
  const seal::Guarded<seal::SenderKeys> keys;
  *keys = seal::sender_keys(node.keys->packets->list[0].packet, asker);
  seal::SenderCipher cipher(*keys, seal::Cipher::aes_256_gcm);
  std::string opened, text;
  seal::Unreadable why{};
  if (!seal::read_header(datagram, why) || !cipher.open(datagram, opened)) return {};
  Bytes rest = opened;
  if (!take_preamble(rest)) return {};
  const auto messages = read_messages(rest);
  if (!messages || messages->empty() || messages->front().type != Type::ask) return {};
  const auto ask = read_ask(messages->front().body);
  if (!ask || input.size() < 4) return {};
  append_preamble(text, {9, 1, 0});
  if ((input[1] & 1) != 0) {
    append(text, NotHere{ask->token, static_cast<NotHereReason>(input[2] & 7)});
  } else {
    const auto left = static_cast<std::uint32_t>(static_cast<unsigned char>(input[2])) << 16;
    append(text, Answer{ask->token, Session{left, ask->id, input.substr(4),
                                            static_cast<std::uint8_t>(input[3])}});
  }
  return text;
}

}  // namespace
}  // namespace reprise::cluster

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace reprise;
  using namespace reprise::cluster;
  if (size < 2) return 0;
  static Node node;
  constexpr Moment now = 1'000'000;
  Member member({*node.keys->packets, seal::Cipher::aes_256_gcm, *node.contents, node.shared,
                 node.ledger, node.wire, &*node.keys->names, &node.board, 6000},
                draw_name(), {now, now, now});
  OwnSender sender(*node.keys->packets, seal::Cipher::aes_256_gcm, draw_name(), now);
  fuzz::check(introduce(member, sender, node, now));
  const Bytes bytes(reinterpret_cast<const char*>(data), size);
  // A handshake waits for an id of the sender's, so that answers may come.
  static seal::SessionNames names(*node.keys->names);
  const auto id = names.make({9, 0}, {});
  const Bytes wanted(reinterpret_cast<const char*>(id->data()), id->size());
  node.wire.last_.clear();
  node.cache->erase(wanted);
  const auto ticket = node.board.claim(0, wanted);
  if (ticket) member.seek(*ticket, now);
  const std::string answer = answer_to(node.wire.last_, node, member.own().name(), bytes);
  std::string datagram;
  const auto kind = static_cast<seal::Kind>(data[0] & 3);
  const std::uint32_t to = (data[0] & 4) != 0 ? 0 : address_of(member.own().name());
  sender.seal(kind, to, answer.empty() || (data[0] & 8) == 0 ? bytes.substr(1) : Bytes(answer),
              datagram);
  node.wire.sent_ = 0;
  member.take(datagram, {}, now + 1);
  fuzz::check(node.wire.sent_ <= size);  // never more datagrams than messages
  for (int steps = 0; member.heal(now + 1) > 0; ++steps)
    fuzz::check(steps < 1000);  // it comes to an end
  member.tick({now + 100, now + 100, now + 100});
  member.search(microseconds() + 10'000);
  if (ticket) node.board.release(*ticket);
  return 0;
}
