// What a session costs that travels sealed: CPU of one core, without the kernel's part.
//   build-bench/tests/bench/seal/bench_seal
#include <benchmark/benchmark.h>

#include "cluster/messages.hpp"
#include "seal/envelope.hpp"
#include "seal/session_name.hpp"

namespace reprise {
namespace {

constexpr std::size_t der_size = 136;  // a TLS 1.3 session

struct Keys {
  Keys() {
    seal::Guarded<seal::Secrets> secrets;
    secrets->count = 1;
    secrets->list[0].fill(1);
    secrets->list[0][0] = 2;
    cache.emplace(seal::derive(*secrets, "bench", seal::Cipher::aes_256_gcm));
    header.sender.fill(3);
    header.key = cache->packets->list[0].id;
    *sender = seal::sender_keys(cache->packets->list[0].packet, header.sender);
  }
  std::optional<seal::CacheKeys> cache;
  seal::Guarded<seal::SenderKeys> sender;
  seal::Header header;
};

std::string plaintext_of(std::int64_t sessions) {
  std::string text;
  cluster::append_preamble(text, {1, 1, 1});
  const std::string id(32, 'i'), der = "0123456789abcde" + id + std::string(der_size - 47, 'd');
  std::string scratch;
  for (std::int64_t i = 0; i < sessions; ++i)
    cluster::append(text, cluster::session_of(id, der, 300'000, scratch));
  return text;
}

void per_session(benchmark::State& state, std::size_t bytes) {
  state.SetItemsProcessed(state.iterations() * state.range(0));
  state.counters["bytes/session"] =
      static_cast<double>(bytes) / static_cast<double>(state.range(0));
}

void sealing(benchmark::State& state) {
  Keys keys;
  seal::SenderCipher cipher(*keys.sender, seal::Cipher::aes_256_gcm);
  const std::string plaintext = plaintext_of(state.range(0));
  std::string datagram;
  for (auto _ : state) {
    datagram.clear();
    ++keys.header.counter;
    cipher.seal(keys.header, plaintext, datagram);
    benchmark::DoNotOptimize(datagram.data());
  }
  per_session(state, datagram.size());
}
BENCHMARK(sealing)->Arg(1)->Arg(7);

void opening(benchmark::State& state) {
  Keys keys;
  seal::SenderCipher cipher(*keys.sender, seal::Cipher::aes_256_gcm);
  std::string datagram, opened, der;
  cipher.seal(keys.header, plaintext_of(state.range(0)), datagram);
  for (auto _ : state) {
    seal::Unreadable why{};
    const auto header = seal::read_header(datagram, why);
    if (!header || !cipher.open(datagram, opened)) state.SkipWithError("it does not open");
    Bytes rest = opened;
    cluster::take_preamble(rest);
    const auto messages = cluster::read_messages(rest);
    for (const cluster::Message& message : *messages) {
      const auto session = cluster::read_session_message(message.body);
      if (!session || !cluster::der_of(*session, der)) state.SkipWithError("it is no session");
    }
    benchmark::DoNotOptimize(der.data());
  }
  per_session(state, datagram.size());
}
BENCHMARK(opening)->Arg(1)->Arg(7);

// A datagram that was made up, under a name that nobody knows: told apart, and what it would cost
// to make room for its sender at first.
std::string forgery(const Keys& keys) {
  seal::SenderCipher cipher(*keys.sender, seal::Cipher::aes_256_gcm);
  std::string datagram;
  cipher.seal(keys.header, plaintext_of(1), datagram);
  datagram.back() = static_cast<char>(datagram.back() ^ 1);
  return datagram;
}

void telling_a_forged_datagram(benchmark::State& state) {
  Keys keys;
  const std::string datagram = forgery(keys);
  seal::NewcomerOpener opener(seal::Cipher::aes_256_gcm);
  const seal::Key& packet = keys.cache->packets->list[0].packet;
  std::string opened;
  for (auto _ : state)
    if (opener.open(packet, keys.header.sender, datagram, opened)) state.SkipWithError("it opens");
}
BENCHMARK(telling_a_forged_datagram);

void meeting_a_sender(benchmark::State& state) {
  Keys keys;
  const std::string datagram = forgery(keys);
  const seal::Key& packet = keys.cache->packets->list[0].packet;
  std::string opened;
  for (auto _ : state) {
    const seal::Guarded<seal::SenderKeys> sender;
    *sender = seal::sender_keys(packet, keys.header.sender);
    seal::SenderCipher cipher(*sender, seal::Cipher::aes_256_gcm);
    if (cipher.open(datagram, opened)) state.SkipWithError("it opens");
  }
}
BENCHMARK(meeting_a_sender);

void making_an_id(benchmark::State& state) {
  Keys keys;
  seal::SessionNames names(*keys.cache->names);
  seal::NameRandom random;
  for (auto _ : state)
    benchmark::DoNotOptimize(names.make({1, 2}, *random.take()));
}
BENCHMARK(making_an_id);

void telling_a_forged_id(benchmark::State& state) {
  Keys keys;
  seal::SessionNames names(*keys.cache->names);
  const std::string id(32, 'f');
  for (auto _ : state)
    benchmark::DoNotOptimize(names.read(id));
}
BENCHMARK(telling_a_forged_id);

}  // namespace
}  // namespace reprise

BENCHMARK_MAIN();
