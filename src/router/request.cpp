#include "router/request.hpp"

#include <algorithm>
#include <iterator>

namespace reprise::router {

namespace {

bool is_idempotent(std::string_view method) {
  constexpr std::string_view methods[] = {"GET", "HEAD", "OPTIONS", "PUT", "DELETE", "TRACE"};
  return std::find(std::begin(methods), std::end(methods), method) != std::end(methods);
}

bool is_safe(std::string_view method) {
  constexpr std::string_view methods[] = {"GET", "HEAD", "OPTIONS", "TRACE"};
  return std::find(std::begin(methods), std::end(methods), method) != std::end(methods);
}

}  // namespace

Request make_request(const protocol::RequestHead& head, const Settings& settings,
                     std::string_view own_name) {
  Request request;
  request.host = head.host.empty() ? own_name : std::string_view(head.host);
  request.http_1_1 = head.http_1_1;
  request.to_head = head.method == "HEAD";
  request.may_keep = settings.keepalive && head.http_1_1 && !head.close;
  request.expects_continue = head.expects_continue && !head.decoded;
  request.max_body = settings.largest_body(head.expects_continue);
  request.accepts_gzip = head.accepts_gzip;
  request.idempotent = is_idempotent(head.method);
  request.upgrade = settings.websockets && head.upgrade;
  return request;
}

Bytes take_body(Request& request, const protocol::RequestHead& head, const Settings& settings,
                Bytes behind) {
  using protocol::BodyLength;
  BodyLength length = protocol::body_length(head);
  const bool without_end =
      request.upgrade || (settings.raw_body && !head.chunked && !head.has_content_length);
  if (without_end) length = {BodyLength::Kind::until_close, 0};
  request.body = protocol::BodyFollower(length, protocol::ChunkedFollower::Blanks::refused);
  request.recoded = settings.backend_http.wanted && length.kind == BodyLength::Kind::chunked;
  request.body_start = request.recoded ? behind : behind.substr(0, request.body.take(behind));
  const bool counted = length.kind == BodyLength::Kind::counted;
  request.odd_body = is_safe(head.method) && !(counted && length.bytes == 0);
  request.may_keep = request.may_keep && counted;
  return counted ? behind.substr(request.body_start.size()) : Bytes();
}

}  // namespace reprise::router
