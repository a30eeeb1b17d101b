#include "router/request.hpp"

namespace reprise::router {

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
  request.body_start = behind.substr(0, request.body.take(behind));
  const bool counted = length.kind == BodyLength::Kind::counted;
  request.may_keep = request.may_keep && counted;
  return counted ? behind.substr(request.body_start.size()) : Bytes();
}

}  // namespace reprise::router
