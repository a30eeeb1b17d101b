#include "application/request_reader.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>

#include "net/address.hpp"
#include "protocol/head_finder.hpp"
#include "protocol/uwsgi_packet.hpp"
#include "router/answer.hpp"
#include "router/uwsgi_vars.hpp"

namespace reprise::application {
namespace {

using protocol::BodyLength;
using protocol::HeadFinder;
using protocol::PacketWriter;
using protocol::Status;

constexpr std::size_t max_http_head = 65536;

std::size_t packet_size(Bytes bytes) {
  const auto low = static_cast<unsigned char>(bytes[1]);
  const auto high = static_cast<unsigned char>(bytes[2]);
  return PacketWriter::header_size + low + std::size_t{256} * high;
}

// False for what is no number.
bool read_length(std::string_view text, std::uint64_t& length) {
  length = 0;
  if (text.empty()) return true;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), length);
  return error == std::errc() && end == text.data() + text.size();
}

}  // namespace

RequestReader::Result RequestReader::refuse(Status status) {
  refusal_ = router::make_answer(status, head_.method != "HEAD");
  return Result::refused;
}

RequestReader::Result RequestReader::read(Wire& wire, const SocketFacts& socket,
                                          Wire::Clock::time_point deadline) {
  size_ = 0;
  expects_continue_ = false;
  variables_.clear();
  if (socket.protocol == Protocol::http) return read_http(wire, socket, deadline);
  return read_packet(wire, deadline);
}

RequestReader::Result RequestReader::read_packet(Wire& wire, Wire::Clock::time_point deadline) {
  std::size_t wanted = PacketWriter::header_size;
  while (size_ < wanted) {
    const auto piece = wire.receive(Buffer(input_).subspan(size_), deadline);
    if (piece.bytes == 0) return size_ == 0 ? Result::nothing : Result::malformed;
    size_ += piece.bytes;
    if (size_ >= PacketWriter::header_size) wanted = packet_size({input_.data(), size_});
  }
  ahead_ = Bytes(input_.data(), size_).substr(wanted);
  return take_packet({input_.data(), wanted});
}

RequestReader::Result RequestReader::take_packet(Bytes packet) {
  head_size_ = packet.size() - PacketWriter::header_size;
  auto read = protocol::read_packet(packet);
  if (!read || read->modifier1 != 0) return Result::malformed;
  variables_ = std::move(read->variables);
  length_ = {};
  for (const auto& [name, value] : variables_) {
    if (name == "CONTENT_LENGTH" && !read_length(value, length_.bytes)) {
      return refuse(Status::bad_request);
    }
  }
  return Result::ok;
}

RequestReader::Result RequestReader::read_http(Wire& wire, const SocketFacts& socket,
                                               Wire::Clock::time_point deadline) {
  head_.method = {};
  HeadFinder finder;
  auto state = HeadFinder::State::incomplete;
  while (state == HeadFinder::State::incomplete) {
    if (size_ >= max_http_head) {
      return refuse(finder.first_line_exceeds(max_http_head) ? Status::uri_too_long
                                                             : Status::header_fields_too_large);
    }
    const auto piece = wire.receive(Buffer(input_).subspan(size_), deadline);
    if (piece.bytes == 0 && size_ == 0) return Result::nothing;
    if (piece.status == ReadStatus::timed_out) return refuse(Status::request_timeout);
    if (piece.bytes == 0) return Result::nothing;
    size_ += piece.bytes;
    state = finder.look({input_.data(), size_});
  }
  if (state == HeadFinder::State::malformed) return refuse(Status::bad_request);
  ahead_ = Bytes(input_.data(), size_).substr(finder.end());
  return encode(socket, wire.fd(), {input_.data() + finder.begin(), finder.end() - finder.begin()});
}

// As the variables that our router would send.
RequestReader::Result RequestReader::encode(const SocketFacts& socket, int fd, Bytes head) {
  Status status = protocol::parse_request_head(head, {}, head_);
  if (status != Status::ok) return refuse(status);
  const net::Endpoint peer = net::Endpoint::peer(fd).unmapped();
  if (peer.family() == AF_UNSPEC) return Result::nothing;  // reset: nobody is there to answer
  router::ConnectionFacts facts;
  facts.remote_address = peer.host().empty() ? "0.0.0.0" : peer.host();
  facts.server_port = router::port_of(socket.address);
  facts.direct = true;
  static const router::Settings settings;
  const auto encoded = router::encode_request(head_, facts, settings, socket.host_name, packet_);
  if (encoded.status != Status::ok) return refuse(encoded.status);
  const Result taken = take_packet(encoded.packet);
  if (taken != Result::ok) return taken;
  length_ = protocol::body_length(head_);
  expects_continue_ = head_.expects_continue;
  return Result::ok;
}

}  // namespace reprise::application
