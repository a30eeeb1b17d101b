#pragma once

#include <ctime>
#include <string>
#include <vector>

#include "tls/site.hpp"

namespace reprise::tls {

// From when to when a certificate is good.
struct Validity {
  std::string subject;  // "CN=www.example.org"
  std::time_t begins = 0;
  std::time_t ends = 0;
};

// Of a site's own certificate, of the others in its file, and of its client CAs, in this order.
std::vector<Validity> validities(const Site& site);

}  // namespace reprise::tls
