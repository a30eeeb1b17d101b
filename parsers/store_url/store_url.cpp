#include "parsers/store_url/store_url.hpp"

#include <utility>

#include "parsers/positions.hpp"
#include "parsers/store_url/grammar.hpp"

namespace reprise::parsers::store_url {
namespace {

constexpr std::size_t most_servers = 64;

}  // namespace

Url parse(std::string_view text) {
  auto parts = parse_whole<grammar::Parts>(text, grammar::url);
  if (parts.servers.size() > most_servers)
    throw SyntaxError(position_of(text, 0), "at most 64 servers");
  Url url;
  url.engine = parts.scheme.engine;
  url.tls = parts.scheme.tls;
  url.servers = std::move(parts.servers);
  Positions positions(text);
  for (grammar::Item& item : parts.items) {
    const Position key_at = positions.at(item.key_at.begin());
    const Position value_at = positions.at(item.value_at.begin());
    url.parameters.push_back({std::move(item.key), std::move(item.value), key_at, value_at});
  }
  return url;
}

}  // namespace reprise::parsers::store_url
