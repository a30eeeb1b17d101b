#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "base/error.hpp"

struct redisReader;

namespace reprise::store {

// A value of Redis' protocol (RESP 2).
struct RedisValue {
  enum class Kind : std::uint8_t { text, list, number, nothing, status, error };
  Kind kind = Kind::nothing;
  std::int64_t number = 0;
  std::string text;
  std::vector<std::unique_ptr<RedisValue>> list;
};

// Makes values of bytes, by hiredis' reader, within bounds.
class RedisValueReader {
public:
  // All of them together, of one value that is not complete.
  static constexpr std::size_t most_bytes = std::size_t{1} << 20;  // of one value
  static constexpr int most_elements = 20000;                      // of one list

  RedisValueReader();

  // errc::too_large.
  error_code feed(Bytes bytes);
  // The next value, null if it is not all there. errc::malformed for what is none.
  Result<std::unique_ptr<RedisValue>> next();
  bool has_rest() const;

private:
  struct Free {
    void operator()(redisReader* reader) const;
  };
  std::unique_ptr<redisReader, Free> reader_;
  std::size_t fed_ = 0;  // since the last value
};

}  // namespace reprise::store
