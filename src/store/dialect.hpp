#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "base/wipe.hpp"
#include "store/request.hpp"

namespace reprise::store {

// Makes answers of what a server sends on one connection, piece by piece. What it keeps is bounded.
class ReplyReader {
public:
  virtual ~ReplyReader() = default;

  // errc::too_large if that is more than any answer has.
  virtual error_code feed(Bytes bytes) = 0;

  // The answer to `request`, if all of it is there. errc::malformed for what is none: nothing more
  // can be read then.
  virtual Result<std::optional<Reply>> next(const Request& request) = 0;

  // Bytes that no answer was made of yet.
  virtual bool has_rest() const = 0;
};

// What a server speaks: requests as bytes, bytes as answers.
class Dialect {
public:
  virtual ~Dialect() = default;

  // Appends what a connection begins with; how many answers that has, at least one.
  virtual std::size_t greet(std::string& out) const = 0;
  virtual void append(const Request& request, std::string& out) const = 0;
  virtual std::unique_ptr<ReplyReader> reader() const = 0;
};

// memcached's text protocol.
std::unique_ptr<Dialect> make_memcached_dialect();

struct RedisLogin {
  ~RedisLogin() { wipe(password); }

  std::string user;      // empty: the default user
  std::string password;  // empty: nobody logs in
  int database = 0;
};
std::unique_ptr<Dialect> make_redis_dialect(const RedisLogin& login);

}  // namespace reprise::store
