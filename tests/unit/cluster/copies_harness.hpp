#pragma once

#include "cluster/copies.hpp"
#include "harness.hpp"
#include "seal/stream.hpp"

namespace reprise::cluster::testing {

// A node that gives or takes copies, by a clock of the test's.
struct CopyNode final : public sync::CopyReport {
  explicit CopyNode(const std::vector<std::string>& secrets = {"one"},
                    const std::string& name = "ssl", std::uint64_t most = 3000)
      : keys(keys_of(secrets, name)), cache(cache::Cache::create(settings(name, most))) {}

  static cache::Settings settings(const std::string& name, std::uint64_t most) {
    cache::Settings settings;
    settings.name = name;
    settings.max_items = most;
    settings.keysize = 64;
    settings.blocksize = 70'000;
    return settings;
  }

  void came(std::optional<sync::Rejection> refused) override {
    if (refused) {
      refusals.push_back(*refused);
    } else {
      ++taken;
    }
  }
  void set(const std::string& key, const std::string& value, std::uint64_t seconds = 300) {
    cache->set(key, value, unix_now() + seconds, unix_now());
  }
  void fill(int count) {
    for (int i = 0; i < count; ++i)
      set(id_of(i), "0123456789abcde" + id_of(i) + "the secret");
  }
  std::optional<UnixSeconds> end_of(const std::string& key) {
    cache::Item item;
    if (!cache->peek(key, unix_now(), item)) return std::nullopt;
    return item.expires;
  }

  seal::CacheKeys keys;
  std::unique_ptr<cache::Cache> cache;
  sync::Ledger ledger{std::vector<net::Endpoint>{}};
  sync::Intake intake{*cache, nullptr, sync::OwnPackets(std::vector<UniqueFd>{}), ledger};
  std::unique_ptr<Tombstones> tombstones = std::make_unique<Tombstones>();
  Contents contents{*cache, intake, std::chrono::seconds(600), *keys.names, *tombstones};
  Moment now = 1'000'000;
  Copies copies{
      {*keys.packets, seal::Cipher::aes_256_gcm, *cache, contents, [this] { return now; }}};
  sync::ServiceLedger service;
  std::size_t taken = 0;
  std::vector<sync::Rejection> refusals;
};

using Status = sync::ItemReader::Status;

// What the server says after its nonce, record by record. Empty if it does not believe the client.
inline std::vector<std::string> records_of(sync::SealedGiving& giving, Bytes answer) {
  std::vector<std::string> records;
  if (!giving.accept(answer)) return records;
  std::string bytes;
  for (bool more = true; more;)
    more = giving.next(bytes);
  for (Bytes rest = bytes; !rest.empty();) {
    const std::size_t size = seal::record_size(rest);
    records.emplace_back(rest.substr(0, size));
    rest.remove_prefix(size);
  }
  return records;
}

}  // namespace reprise::cluster::testing
