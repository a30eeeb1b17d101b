#pragma once

#include <deque>
#include <optional>

#include "cluster/clock.hpp"
#include "cluster/messages.hpp"

namespace reprise::cluster {

// Challenges under way, in bounded memory.
class Tokens {
public:
  static constexpr std::size_t most = 1024;
  static constexpr Moment longest = 5000;

  // A new one, for a name or for whoever answers. Nothing if there is no randomness.
  std::optional<Token> issue(const std::optional<seal::SenderName>& to, Moment now);

  // When the token was issued that `from` answers; nothing if it was not, or not to it.
  std::optional<Moment> issued(const Token& token, const seal::SenderName& from, Moment now);

  void clear() { entries_.clear(); }

private:
  struct Entry {
    Token token;
    std::optional<seal::SenderName> to;
    Moment at;
  };
  std::deque<Entry> entries_;  // in the order of their time
};

}  // namespace reprise::cluster
