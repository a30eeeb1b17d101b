#include "protocol/http_body.hpp"

namespace reprise::protocol {

BodyLength body_length(const RequestHead& request) {
  if (request.chunked) return {BodyLength::Kind::chunked, 0};
  return {BodyLength::Kind::counted, request.content_length};
}

BodyLength body_length(const ResponseHead& response, bool to_head) {
  const bool bodiless = response.status < 200 || response.status == 204 || response.status == 304;
  if (to_head || bodiless) return {};
  if (response.chunked) return {BodyLength::Kind::chunked, 0};
  if (response.transfer_encoding || !response.content_length)
    return {BodyLength::Kind::until_close, 0};
  return {BodyLength::Kind::counted, *response.content_length};
}

}  // namespace reprise::protocol
