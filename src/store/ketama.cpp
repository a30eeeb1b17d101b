#include "store/ketama.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>

#include <openssl/evp.h>

namespace reprise::store {
namespace {

constexpr std::uint32_t points_of_a_server = 160;
constexpr std::uint32_t points_of_a_hash = 4;
constexpr std::string_view usual_port = ":11211";

using Digest = std::array<unsigned char, 16>;

Digest md5(std::string_view text) {
  Digest digest{};
  if (::EVP_Digest(text.data(), text.size(), digest.data(), nullptr, ::EVP_md5(), nullptr) != 1)
    throw std::runtime_error("OpenSSL has no MD5, by which keys are spread over servers");
  return digest;
}

std::uint32_t number_at(const Digest& digest, std::size_t at) {
  return static_cast<std::uint32_t>(digest[at]) | static_cast<std::uint32_t>(digest[at + 1]) << 8 |
         static_cast<std::uint32_t>(digest[at + 2]) << 16 |
         static_cast<std::uint32_t>(digest[at + 3]) << 24;
}

// In the arithmetic that all have in common, which is not exact for every number of servers.
std::uint32_t hashes_of_a_server(std::size_t servers) {
  const float share = 1.0F / static_cast<float>(servers);
  const float points = share * static_cast<float>(points_of_a_server) /
                       static_cast<float>(points_of_a_hash) * static_cast<float>(servers);
  return static_cast<std::uint32_t>(std::floor(static_cast<float>(points + 0.0000000001)));
}

// The usual port is not said; a path has none, which is said.
std::string ring_name(const std::string& server) {
  if (server.starts_with('/') || server.starts_with('@')) return server + ":0";
  if (server.ends_with(usual_port)) return server.substr(0, server.size() - usual_port.size());
  return server;
}

}  // namespace

Ketama::Ketama(const std::vector<std::string>& servers) {
  const std::uint32_t hashes = hashes_of_a_server(servers.size());
  ring_.reserve(servers.size() * points_of_a_server);
  for (std::uint32_t server = 0; server < servers.size(); ++server) {
    const std::string name = ring_name(servers[server]);
    for (std::uint32_t i = 0; i < hashes; ++i) {
      const Digest digest = md5(name + "-" + std::to_string(i));
      for (std::size_t at = 0; at < digest.size(); at += 4)
        ring_.push_back({number_at(digest, at), server});
    }
  }
  std::stable_sort(ring_.begin(), ring_.end(),
                   [](const Point& a, const Point& b) { return a.value < b.value; });
}

std::size_t Ketama::server_of(std::string_view key) const {
  const std::uint32_t value = number_at(md5(key), 0);
  const auto point = std::lower_bound(ring_.begin(), ring_.end(), value,
                                      [](const Point& p, std::uint32_t v) { return p.value < v; });
  return (point == ring_.end() ? ring_.front() : *point).server;
}

}  // namespace reprise::store
