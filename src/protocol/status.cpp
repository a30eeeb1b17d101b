#include "protocol/status.hpp"

namespace reprise::protocol {

std::string_view reason_phrase(Status status) {
  switch (status) {
    case Status::ok:
      return "OK";
    case Status::bad_request:
      return "Bad Request";
    case Status::request_timeout:
      return "Request Timeout";
    case Status::length_required:
      return "Length Required";
    case Status::content_too_large:
      return "Content Too Large";
    case Status::uri_too_long:
      return "URI Too Long";
    case Status::expectation_failed:
      return "Expectation Failed";
    case Status::misdirected_request:
      return "Misdirected Request";
    case Status::header_fields_too_large:
      return "Request Header Fields Too Large";
    case Status::not_implemented:
      return "Not Implemented";
    case Status::bad_gateway:
      return "Bad Gateway";
    case Status::gateway_timeout:
      return "Gateway Timeout";
    case Status::version_not_supported:
      return "HTTP Version Not Supported";
  }
  return "Unknown";
}

}  // namespace reprise::protocol
