// Copies of a sealed cache. The input is what a hostile server says, who has the secret and seals
// it well, to a client; the same bytes unsealed, to a client and to a server; and what a hostile
// client says who has the secret.
#include <string>

#include "cluster/copies.hpp"
#include "seal/stream.hpp"
#include "sync/own_packets.hpp"
#include "tests/fuzz/pieces.hpp"

namespace reprise::cluster {
namespace {

constexpr std::size_t nonce_at = 8;  // of a request

struct Node final : sync::CopyReport {
  Node() {
    seal::Guarded<seal::Secrets> secrets;
    secrets->count = 1;
    secrets->list[0].fill(1);
    secrets->list[0][0] = 2;
    keys.emplace(seal::derive(*secrets, "fuzzed", seal::Cipher::aes_256_gcm));
    cache::Settings settings;
    settings.name = "fuzzed";
    settings.max_items = 100;
    settings.keysize = 64;
    settings.blocksize = 512;
    cache = cache::Cache::create(settings);
    intake.emplace(*cache, nullptr, sync::OwnPackets(std::vector<UniqueFd>{}), ledger);
    contents.emplace(*cache, *intake, std::chrono::seconds(600), *keys->names, *tombstones);
    copies.emplace(Copies::Parts{*keys->packets, seal::Cipher::aes_256_gcm, *cache, *contents});
    cache->set("stays", "as it is", 0, unix_now());
  }
  void came(std::optional<sync::Rejection>) override { ++reported; }

  std::optional<seal::CacheKeys> keys;
  std::unique_ptr<cache::Cache> cache;
  sync::Ledger ledger{std::vector<net::Endpoint>{}};
  std::optional<sync::Intake> intake;
  std::unique_ptr<Tombstones> tombstones = std::make_unique<Tombstones>();
  std::optional<Contents> contents;
  std::optional<Copies> copies;
  sync::ServiceLedger service;
  std::size_t reported = 0;
};

seal::StreamNonce nonce_of(Bytes bytes) {
  seal::StreamNonce nonce{};
  std::copy_n(bytes.begin(), nonce.size(), nonce.begin());
  return nonce;
}

using Status = sync::ItemReader::Status;

// In pieces, as they may come.
Status feed(sync::SealedTaking& taking, const fuzz::Pieces& pieces, Bytes bytes) {
  Status status = Status::more;
  std::size_t at = 0;
  pieces.cut(bytes.size(), [&](std::size_t end) {
    status = taking.feed(bytes.substr(at, end - at));
    at = end;
    return status == Status::more;
  });
  return status;
}

// Two records of the input, sealed.
void hear_server(Node& node, const fuzz::Pieces& pieces) {
  const auto taking = node.copies->take(0, node);
  const std::string hello(32, 'h');
  fuzz::check(taking->feed(hello) == Status::more);
  const auto keys =
      seal::stream_keys(node.keys->packets->list[0].packet,
                        nonce_of(taking->request().substr(nonce_at)), nonce_of(hello));
  seal::RecordSealer sealer(keys.to_client, seal::Cipher::aes_256_gcm);
  const Bytes bytes = pieces.bytes().substr(0, 100'000);
  const std::size_t half = pieces.seed() % 2 == 0 ? bytes.size() : bytes.size() / 2;
  std::string records;
  sealer.seal(bytes.substr(0, half), records);
  sealer.seal(bytes.substr(half), records);
  node.reported = 0;
  feed(*taking, pieces, records);
  fuzz::check(node.reported <= bytes.size() / 3);
  cache::Item item;
  fuzz::check(node.cache->peek("stays", unix_now(), item) && item.value == "as it is");
}

// Nothing that is not sealed does anything.
void hear_stranger(Node& node, const fuzz::Pieces& pieces) {
  node.reported = 0;
  const auto taking = node.copies->take(0, node);
  fuzz::check(feed(*taking, pieces, pieces.bytes()) != Status::complete);
  fuzz::check(node.reported == 0);
}

void hear_client(Node& node, const fuzz::Pieces& pieces) {
  const auto asking = node.copies->take(0, node);
  const auto giving = node.copies->give(asking->request(), node.service.counters());
  const auto keys =
      seal::stream_keys(node.keys->packets->list[0].packet,
                        nonce_of(asking->request().substr(nonce_at)), nonce_of(giving->hello()));
  std::string answer;
  seal::RecordSealer(keys.to_server, seal::Cipher::aes_256_gcm).seal(pieces.bytes(), answer);
  fuzz::check(giving->accept(answer) == (pieces.bytes() == "fuzzed"));
  const auto other = node.copies->give(asking->request(), node.service.counters());
  fuzz::check(!other->accept(pieces.bytes()));
}

}  // namespace
}  // namespace reprise::cluster

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace reprise::cluster;
  static Node node;
  const reprise::fuzz::Pieces pieces(data, size);
  hear_server(node, pieces);
  hear_stranger(node, pieces);
  hear_client(node, pieces);
  return 0;
}
