#include "router/uwsgi_vars.hpp"

#include <charconv>
#include <span>

#include "protocol/path_info.hpp"
#include "protocol/text.hpp"
#include "protocol/uwsgi_packet.hpp"
#include "router/forwarding.hpp"
#include "router/request_fields.hpp"

namespace reprise::router {
namespace {

using protocol::Field;
using protocol::PacketWriter;
using protocol::RequestHead;

// False if the path is not fit for an application.
bool add_path_info(PacketWriter& writer, std::string_view path) {
  writer.begin_value("PATH_INFO");
  if (writer.overflowed() || writer.room().size() < path.size()) {
    writer.append(path);  // does not fit: says so at finish()
    return true;
  }
  const auto decoded = protocol::path_info(path, writer.room());
  if (!decoded) return false;
  writer.take(decoded->size());
  writer.end_value();
  return true;
}

bool add_request_line(PacketWriter& writer, const RequestHead& head) {
  const std::string_view target = head.origin_form();
  const bool has_query = target.find('?') != std::string_view::npos;
  writer.add("REQUEST_METHOD", head.method);
  if (has_query && !add_path_info(writer, head.path)) return false;
  writer.add("REQUEST_URI", target);
  if (!has_query && !add_path_info(writer, head.path)) return false;
  writer.add("QUERY_STRING", head.query);
  writer.add("SERVER_PROTOCOL", head.http_1_1 ? "HTTP/1.1" : "HTTP/1.0");
  return true;
}

void add_connection(PacketWriter& writer, const ConnectionFacts& connection,
                    const Settings& settings, std::string_view host_name) {
  writer.add("SCRIPT_NAME", "");
  if (!settings.host_as_server_name) writer.add("SERVER_NAME", host_name);
  writer.add("SERVER_PORT", connection.server_port);
  if (!connection.direct) writer.add("UWSGI_ROUTER", "http");
  if (connection.https) writer.add("HTTPS", "on");
  if (connection.peer != nullptr) {
    writer.add("HTTPS_CLIENT_CERTIFICATE", connection.peer->der);
    writer.add("HTTPS_DN", connection.peer->dn);
    if (settings.export_client_certificate) writer.add("HTTPS_CC", connection.peer->pem);
  }
  writer.add("REMOTE_ADDR", connection.remote_address);
  if (!connection.direct) writer.add("REMOTE_PORT", connection.remote_port);
}

// The field and all later ones of its name, as one variable.
void add_merged(PacketWriter& writer, const Field& field, std::span<const Field> later) {
  writer.begin_header(field.name);
  writer.append(field.value);
  for (const Field& other : later) {
    if (!same_name(field, other)) continue;
    writer.append(between_values(field.name));
    writer.append(other.value);
  }
  writer.end_value();
}

void add_content_length(PacketWriter& writer, std::uint64_t length) {
  char text[20];
  const auto end = std::to_chars(std::begin(text), std::end(text), length).ptr;
  writer.add("CONTENT_LENGTH", {text, static_cast<std::size_t>(end - text)});
}

void add_host(PacketWriter& writer, const Settings& settings, std::string_view host) {
  if (settings.host_as_server_name) writer.add("SERVER_NAME", host);
  writer.add("HTTP_HOST", host);
}

// Fields that do not go on.
bool is_dropped(const Field& field) {
  if (could_forge(field.name)) return true;
  return protocol::equal_ignoring_case(field.name, "Upgrade") &&
         !protocol::equal_ignoring_case(field.value, "websocket");
}

// How many were dropped.
unsigned add_fields(PacketWriter& writer, const RequestHead& head, const Settings& settings) {
  const std::span<const Field> fields = head.fields;
  unsigned dropped = 0;
  bool has_host = false;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const Field& field = fields[i];
    const auto is = [&field](std::string_view name) {
      return protocol::equal_ignoring_case(field.name, name);
    };
    if (is_dropped(field)) {
      ++dropped;
    } else if (is_told_by_us(field.name, settings)) {
      continue;
    } else if (is("Host")) {
      has_host = true;
      add_host(writer, settings, head.authority.empty() ? field.value : head.authority);
    } else if (is("Content-Length")) {
      add_content_length(writer, head.content_length);
    } else if (is("Transfer-Encoding") && head.decoded) {
      add_content_length(writer, head.content_length);
    } else if (is("Content-Type")) {
      writer.add("CONTENT_TYPE", field.value);
    } else {
      if (is_first_of_its_name(fields, i)) add_merged(writer, field, fields.subspan(i + 1));
    }
  }
  if (!has_host && !head.authority.empty()) add_host(writer, settings, head.authority);
  return dropped;
}

}  // namespace

std::string_view port_of(std::string_view address) {
  const std::size_t colon = address.rfind(':');
  return colon == std::string_view::npos ? std::string_view() : address.substr(colon + 1);
}

PacketResult encode_request(const RequestHead& head, const ConnectionFacts& connection,
                            const Settings& settings, std::string_view host_name, Buffer into) {
  PacketWriter writer(into);
  if (!add_request_line(writer, head)) return {protocol::Status::bad_request, {}, 0};
  add_connection(writer, connection, settings, host_name);
  const unsigned dropped = add_fields(writer, head, settings);
  for (const ForwardingField& field : forwarding_fields(head, connection, settings)) {
    writer.begin_header(field.name);
    writer.append(field.value);
    writer.end_value();
  }
  for (const auto& [name, value] : settings.variables)
    writer.add(name, value);
  const auto packet = writer.finish(static_cast<std::uint8_t>(settings.modifier1),
                                    static_cast<std::uint8_t>(settings.modifier2));
  if (!packet) return {protocol::Status::header_fields_too_large, {}, dropped};
  return {protocol::Status::ok, *packet, dropped};
}

}  // namespace reprise::router
