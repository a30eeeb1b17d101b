#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <boost/fusion/include/adapt_struct.hpp>
#include <boost/fusion/include/std_pair.hpp>

#include "parsers/parse.hpp"
#include "parsers/store_url/ast.hpp"

namespace reprise::parsers::store_url::grammar {

struct Scheme {
  Engine engine = Engine::redis;
  bool tls = false;
  bool local = false;  // its servers are paths
};

struct Item {
  Span key_at;
  std::string key;
  Span value_at;
  std::string value;
};

struct Parts {
  Scheme scheme;
  std::vector<Server> servers;
  std::vector<Item> items;
};

}  // namespace reprise::parsers::store_url::grammar

BOOST_FUSION_ADAPT_STRUCT(reprise::parsers::store_url::Server, host, ipv6, port, path)
BOOST_FUSION_ADAPT_STRUCT(reprise::parsers::store_url::grammar::Item, key_at, key, value_at, value)

namespace reprise::parsers::store_url::grammar {

struct SchemeNames : x3::symbols<Scheme> {
  SchemeNames() {
    add("redis://", Scheme{Engine::redis, false, false})(
        "rediss://", Scheme{Engine::redis, true, false})("redis+unix://",
                                                         Scheme{Engine::redis, false, true})(
        "memcached://", Scheme{Engine::memcached, false, false})(
        "memcached+unix://", Scheme{Engine::memcached, false, true});
  }
};
inline const SchemeNames scheme_names;

const auto scheme = x3::rule<class SchemeRule, Scheme>{
    "redis://, rediss://, redis+unix://, memcached:// or memcached+unix://"} = scheme_names;

const auto port = x3::rule<class PortRule, std::uint16_t>{"a port from 1 to 65535"} =
    x3::uint_parser<std::uint16_t, 10, 1, 5>{} >> !x3::digit;
const auto v6_host = x3::rule<class V6HostRule, std::string>{"an IPv6 address and ']'"} =
    x3::repeat(2, 64)[x3::char_("0-9a-fA-F:.")] >> ']';
const auto name = x3::rule<class NameRule, std::string>{"a host name or an address"} =
    x3::repeat(1, 253)[x3::char_("a-zA-Z0-9._-")];
const auto optional_port = -(x3::lit(':') > port);
const auto no_path = x3::attr(std::string());

const auto v6_server = x3::rule<class V6ServerRule, Server>{
    "[address]:port"} = '[' > v6_host > x3::attr(/*ipv6=*/true) > optional_port > no_path;
const auto v4_server = x3::rule<class V4ServerRule, Server>{
    "host:port"} = name > x3::attr(/*ipv6=*/false) > optional_port > no_path;
const auto tcp_server = x3::rule<class TcpServerRule, Server>{"host:port"} = v6_server | v4_server;

// As long as a socket's name may be.
const auto path = x3::rule<class PathRule, std::string>{"an absolute path or @name"} =
    &x3::char_("/@") >> x3::repeat(2, 102)[x3::char_ - x3::char_(",?") - '\0'];
const auto path_server = x3::rule<class PathServerRule, Server>{"an absolute path or @name"} =
    x3::attr(std::string()) >>
    x3::attr(/*ipv6=*/false) >> x3::attr(std::optional<std::uint16_t>()) >> path;

const auto key = x3::rule<class KeyRule, std::string>{"the name of a parameter"} =
    +x3::char_("a-z-");
const auto equals = x3::rule<class EqualsRule>{"'=' after the name"} = '=';
const auto value = *(x3::char_ - '&' - '\0');
const auto item = x3::rule<class ItemRule, Item>{"name=value"} = here > key > equals > here > value;
const auto items = -(x3::lit('?') > (item % '&'));

const auto set_scheme = [](auto& context) { x3::_val(context).scheme = x3::_attr(context); };
const auto set_servers = [](auto& context) {
  x3::_val(context).servers = std::move(x3::_attr(context));
};
const auto set_items = [](auto& context) {
  auto& list = x3::_attr(context);
  if (list) x3::_val(context).items = std::move(*list);
};
const auto is_local = [](auto& context) { x3::_pass(context) = x3::_val(context).scheme.local; };

const auto tcp_servers = x3::rule<class TcpServersRule, std::vector<Server>>{"host:port"} =
    x3::expect[tcp_server] % ',';
const auto path_servers =
    x3::rule<class PathServersRule, std::vector<Server>>{"an absolute path or @name"} =
        x3::expect[path_server] % ',';

const auto known_scheme = x3::expect[scheme][set_scheme];

const auto url = x3::rule<class UrlRule, Parts>{"the URL of a store"} =
    known_scheme >> ((x3::eps[is_local] >> path_servers[set_servers]) | tcp_servers[set_servers]) >>
    items[set_items];

}  // namespace reprise::parsers::store_url::grammar
