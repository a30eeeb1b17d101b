#pragma once

#include <string_view>

namespace reprise::protocol {

// The answers that the router itself gives (RFC 9110 15).
enum class Status {
  ok = 200,
  bad_request = 400,
  request_timeout = 408,
  length_required = 411,
  content_too_large = 413,
  uri_too_long = 414,
  expectation_failed = 417,
  misdirected_request = 421,
  header_fields_too_large = 431,
  not_implemented = 501,
  bad_gateway = 502,
  gateway_timeout = 504,
  version_not_supported = 505,
};

// "Bad Request"
std::string_view reason_phrase(Status status);

}  // namespace reprise::protocol
