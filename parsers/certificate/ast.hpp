#pragma once

#include <string>

#include "parsers/syntax_error.hpp"

namespace reprise::parsers::certificate {

// `CERT,KEY[,CIPHERS[,CLIENTCA]]`, the tail of `https` and `sni`.
struct Files {
  std::string certificate;
  std::string key;
  std::string ciphers;         // empty: not configured
  bool has_client_ca = false;  // the fourth comma stood there
  bool required = false;       // `!` before the client CA
  std::string client_ca;       // the rest, commas included
};

// `ADDR,CERT,KEY[,…]`.
struct Listener {
  std::string address;
  Files files;
};

// `NAME CERT,KEY[,…]`, one blank between.
struct Name {
  std::string name;
  Files files;
};

}  // namespace reprise::parsers::certificate
