#pragma once

#include <array>
#include <cstddef>
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
  service_unavailable = 503,
  gateway_timeout = 504,
  version_not_supported = 505,
};

// All of them but ok, in their order.
inline constexpr std::array own_answers{
    Status::bad_request,           Status::request_timeout,
    Status::length_required,       Status::content_too_large,
    Status::uri_too_long,          Status::expectation_failed,
    Status::misdirected_request,   Status::header_fields_too_large,
    Status::not_implemented,       Status::bad_gateway,
    Status::service_unavailable,   Status::gateway_timeout,
    Status::version_not_supported,
};

// Its place among them; own_answers.size() if it is none.
std::size_t place_of(Status status);

// "Bad Request"
std::string_view reason_phrase(Status status);

}  // namespace reprise::protocol
