#pragma once

#include <string>
#include <utility>

#include <boost/fusion/include/adapt_struct.hpp>

#include "parsers/certificate/ast.hpp"
#include "parsers/parse.hpp"

// spec/routers/https.md 1: commas cut, nothing escapes them, blanks are part of the names.
namespace reprise::parsers::certificate::grammar {

const auto text = [](auto& context) -> std::string&& { return std::move(x3::_attr(context)); };
const auto set_certificate = [](auto& context) { x3::_val(context).certificate = text(context); };
const auto set_key = [](auto& context) { x3::_val(context).key = text(context); };
const auto set_ciphers = [](auto& context) { x3::_val(context).ciphers = text(context); };
const auto set_has_client_ca = [](auto& context) { x3::_val(context).has_client_ca = true; };
const auto set_required = [](auto& context) { x3::_val(context).required = true; };
const auto set_client_ca = [](auto& context) { x3::_val(context).client_ca = text(context); };

const auto file = +(x3::char_ - ',');
const auto certificate = x3::rule<class CertificateRule, std::string>{"a certificate file"} = file;
const auto key = x3::rule<class KeyRule, std::string>{"a key file"} = file;
const auto client_ca = x3::rule<class ClientCaRule, std::string>{"a client CA file"} = +x3::char_;
const auto before_key = x3::rule<class BeforeKeyRule>{"',' and a key file"} = ',';

// An empty list of ciphers is none; an empty client CA is a mistake. What is expected is a rule
// without its action, for the action has no name to report.
const auto files = x3::rule<class FilesRule, Files>{"a certificate file"} =
    certificate[set_certificate] >> x3::expect[before_key] >> x3::expect[key][set_key] >>
    -(',' >> (*(x3::char_ - ','))[set_ciphers] >>
      -(x3::lit(',')[set_has_client_ca] >> -x3::lit('!')[set_required] >>
        x3::expect[client_ca][set_client_ca]));

const auto address = x3::rule<class AddressRule, std::string>{"an address"} = file;
const auto before_files = x3::rule<class BeforeFilesRule>{"',' and a certificate file"} = ',';
const auto listener = x3::rule<class ListenerRule, Listener>{"an address"} =
    address > before_files > files;

const auto server = x3::rule<class ServerRule, std::string>{"a server name"} = +(x3::char_ - ' ');
const auto blank = x3::rule<class BlankRule>{"a blank and a certificate file"} = ' ';
const auto name = x3::rule<class NameRule, Name>{"a server name"} = server > blank > files;

}  // namespace reprise::parsers::certificate::grammar

BOOST_FUSION_ADAPT_STRUCT(reprise::parsers::certificate::Listener, address, files)
BOOST_FUSION_ADAPT_STRUCT(reprise::parsers::certificate::Name, name, files)
