#include "protocol/http_body.hpp"

#include <algorithm>

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

std::size_t BodyFollower::take(Bytes bytes) {
  switch (kind_) {
    case BodyLength::Kind::until_close:
      data_ += bytes.size();
      return bytes.size();
    case BodyLength::Kind::chunked:
      return chunked_.take(bytes);
    case BodyLength::Kind::counted:
      break;
  }
  const auto taken = static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size()));
  left_ -= taken;
  data_ += taken;
  return taken;
}

bool BodyFollower::done() const {
  switch (kind_) {
    case BodyLength::Kind::until_close:
      return false;
    case BodyLength::Kind::chunked:
      return chunked_.done();
    case BodyLength::Kind::counted:
      break;
  }
  return left_ == 0;
}

}  // namespace reprise::protocol
