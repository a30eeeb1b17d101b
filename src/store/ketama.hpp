#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace reprise::store {

// Which server has a key: a ring of MD5 points, as libmemcached's weighted ketama with equal
// weights has it (and the clients that agree with it).
class Ketama {
public:
  // `servers`: "host:port", a path; not empty. Throws std::runtime_error if OpenSSL has no MD5.
  explicit Ketama(const std::vector<std::string>& servers);

  // An index of the list.
  std::size_t server_of(std::string_view key) const;

private:
  struct Point {
    std::uint32_t value;
    std::uint32_t server;
  };
  std::vector<Point> ring_;
};

}  // namespace reprise::store
