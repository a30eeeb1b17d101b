#pragma once

#include <string>
#include <utility>

#include "parsers/parse.hpp"
#include "parsers/subscription/ast.hpp"

// spec/routers/subscription.md 2: the key may hold colons, nothing escapes a comma.
namespace reprise::parsers::subscription::grammar {

const auto text = [](auto& context) -> std::string&& { return std::move(x3::_attr(context)); };
const auto set_address = [](auto& context) { x3::_val(context).address = text(context); };
const auto set_shared = [](auto& context) { x3::_val(context).shared = x3::_attr(context); };
const auto set_server = [](auto& context) { x3::_val(context).server = text(context); };
const auto set_key = [](auto& context) { x3::_val(context).key = text(context); };
const auto set_modifier = [](auto& context) { x3::_val(context).modifier1 = x3::_attr(context); };
const auto set_digest = [](auto& context) { x3::_val(context).digest = text(context); };
const auto set_file = [](auto& context) { x3::_val(context).key_file = text(context); };
const auto set_directory = [](auto& context) { x3::_val(context).directory = text(context); };

const auto port = x3::char_(':') >> +x3::digit;
const auto v4_server = +x3::char_("a-zA-Z0-9._-") >> port;
const auto v6_server = x3::char_('[') >> +x3::char_("0-9a-fA-F:.%a-zA-Z") >> x3::char_(']') >> port;
const auto unix_server = x3::char_("/@") >> +(x3::char_ - ':');
const auto server = x3::rule<class ServerRule, std::string>{"host:port or the path of a socket"} =
    x3::raw[unix_server | v6_server | v4_server];

const auto before_key = x3::rule<class BeforeKeyRule>{"':' and a key"} = ':';
const auto key = x3::rule<class KeyRule, std::string>{"a key"} = +(x3::char_ - ',');
const auto modifier = x3::rule<class ModifierRule, std::uint8_t>{
    "a number from 0 to 255"} = x3::uint_parser<std::uint8_t, 10, 1, 3>{} >> &(x3::eoi | ',');
const auto digest = x3::rule<class DigestRule, std::string>{"a digest, e.g. SHA256"} =
    +(x3::char_ - ':');
const auto before_file = x3::rule<class BeforeFileRule>{"':' and a file"} = ':';
const auto file = x3::rule<class FileRule, std::string>{"a file"} = +x3::char_;
const auto end_of_address = x3::rule<class EndOfAddressRule>{"'=' and a server"} = '=';

// The `=` of `=N=` and of ADDRESS= is the first there is.
const auto own_address =
    (x3::lit('=') >> x3::uint_parser<std::uint16_t>{}[set_shared] >> x3::expect[end_of_address]) |
    (&(x3::omit[+(x3::char_ - '=')] >> '=') >> (+(x3::char_ - '='))[set_address] >> '=');

// The modifier may be left empty; uWSGI then sends what follows it unsigned.
const auto signature =
    ',' >> x3::expect[digest][set_digest] >> x3::expect[before_file] >> x3::expect[file][set_file];
const auto rest = ',' >> (&x3::lit(',') | x3::expect[modifier][set_modifier]) >> -signature;

const auto target = x3::rule<class TargetRule, Target>{"SERVER:KEY"} =
    -own_address >> x3::expect[server][set_server] >> x3::expect[before_key] >>
    x3::expect[key][set_key] >> -rest;

const auto directory = x3::rule<class DirectoryRule, std::string>{"a directory"} = +x3::char_;
const auto before_directory = x3::rule<class BeforeDirectoryRule>{"':' and a directory"} = ':';
const auto sign_check = x3::rule<class SignCheckRule, SignCheck>{"DIGEST:DIRECTORY"} =
    x3::expect[digest][set_digest] >> x3::expect[before_directory] >>
    x3::expect[directory][set_directory];

}  // namespace reprise::parsers::subscription::grammar
