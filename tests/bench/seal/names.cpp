// Ids of sessions as a node of a sealed cluster makes them: 32 bytes each, to standard output.
//   bench_session_names SECRET-FILE CACHE COUNT
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <stdexcept>

#include "seal/secrets.hpp"
#include "seal/session_name.hpp"

namespace {

using namespace reprise;

constexpr std::uint16_t node = 1;

void write_names(const char* file, const char* cache, long count) {
  const auto secrets = seal::read_secrets(file);
  const auto keys = seal::derive(*secrets, cache, seal::Cipher::aes_256_gcm);
  seal::SessionNames names(*keys.names);
  seal::NameRandom randomness;
  for (long i = 0; i < count; ++i) {
    const auto random = randomness.take();
    const auto name = random ? names.make({node, 0}, *random) : std::nullopt;
    if (!name) throw std::runtime_error("OpenSSL failed");
    std::fwrite(name->data(), 1, name->size(), stdout);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  try {
    write_names(argv[1], argv[2], std::atol(argv[3]));
  } catch (const std::exception& failure) {
    std::fprintf(stderr, "%s\n", failure.what());
    return 1;
  }
}
