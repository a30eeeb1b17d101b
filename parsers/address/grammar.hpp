#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include <boost/fusion/include/adapt_struct.hpp>

#include "parsers/address/ast.hpp"
#include "parsers/parse.hpp"

BOOST_FUSION_ADAPT_STRUCT(reprise::parsers::address::Tcp, host, ipv6, port)

// spec/routers/https.md 1, "ADDR", in its order: what holds a ':' is TCP, whatever else it looks
// like.
namespace reprise::parsers::address::grammar {

const auto number = x3::uint_parser<std::uint16_t, 10, 1, 5>{};

const auto port = x3::rule<class PortRule, std::uint16_t>{"a port from 0 to 65535"} =
    number >> x3::eoi;
const auto index = x3::rule<class IndexRule, std::uint16_t>{"a number from 0 to 65535"} =
    number >> x3::eoi;

// No '*' or other pattern: uWSGI would listen on 255.255.255.255 without a word.
const auto host = x3::rule<class HostRule, std::string>{
    "a host name, an IPv4 address or ':'"} = *x3::char_("a-zA-Z0-9._-") >> &x3::lit(':');
const auto v6_host = x3::rule<class V6HostRule, std::string>{"an IPv6 address and ']'"} =
    +x3::char_("0-9a-fA-F:.") >> -(x3::char_('%') >> +x3::char_("a-zA-Z0-9._-")) >> ']';
const auto colon = x3::rule<class ColonRule>{"':' and a port"} = ':';

const auto up_to_colon = *(x3::char_ - ':') >> ':';
const auto bracketed = x3::rule<class BracketedRule>{"an IPv6 address in brackets"} =
    x3::omit[!(up_to_colon >> up_to_colon)];

const auto v6_tcp = x3::rule<class V6TcpRule, Tcp>{
    "[address]:port"} = '[' > v6_host > x3::attr(/*ipv6=*/true) > colon > port;
const auto v4_tcp = x3::rule<class V4TcpRule, Tcp>{
    "host:port"} = x3::eps > bracketed > host > x3::attr(/*ipv6=*/false) > colon > port;

const auto tcp = x3::rule<class TcpRule, Tcp>{"host:port"} = v6_tcp | v4_tcp;

// uWSGI takes 102 bytes as they are written, the '@' among them.
const auto path_byte = x3::char_ - '\0';
const auto path = x3::rule<class PathRule, std::string>{"a socket's path of at most 102 bytes"} =
    x3::repeat(1, 102)[path_byte] >> x3::eoi;
const auto name = x3::rule<class NameRule, std::string>{"a socket's name of at most 101 bytes"} =
    x3::repeat(1, 101)[path_byte] >> x3::eoi;

template <typename Alternative>
const auto as =
    [](auto& context) { x3::_val(context) = Alternative{std::move(x3::_attr(context))}; };

// Expected without its action, for the action has no name to report.
const auto address = x3::rule<class AddressRule, Address>{"an address"} =
    &x3::char_ >>
    ((x3::lit('=') >> x3::expect[index][as<Shared>]) |
     (x3::lit("fd://") >> x3::expect[index][as<Inherited>]) |
     (&x3::omit[up_to_colon] >> tcp[as<Tcp>]) |
     ((x3::lit('@') | "\\0") >> x3::expect[name][as<Abstract>]) | x3::expect[path][as<UnixPath>]);

}  // namespace reprise::parsers::address::grammar
