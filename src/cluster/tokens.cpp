#include "cluster/tokens.hpp"

#include <openssl/crypto.h>
#include <openssl/rand.h>

namespace reprise::cluster {

std::optional<Token> Tokens::issue(const std::optional<seal::SenderName>& to, Moment now) {
  while (!entries_.empty() && (now - entries_.front().at > longest || entries_.size() >= most))
    entries_.pop_front();
  Token token{};
  if (::RAND_bytes(token.data(), static_cast<int>(token.size())) != 1) return std::nullopt;
  entries_.push_back({token, to, now});
  return token;
}

std::optional<Moment> Tokens::issued(const Token& token, const seal::SenderName& from, Moment now) {
  for (const Entry& entry : entries_) {
    if (::CRYPTO_memcmp(entry.token.data(), token.data(), token.size()) != 0) continue;
    if (entry.to && *entry.to != from) return std::nullopt;
    if (now - entry.at > longest) return std::nullopt;
    return entry.at;
  }
  return std::nullopt;
}

}  // namespace reprise::cluster
