#include "router/http_request.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <optional>
#include <vector>

#include "protocol/path_info.hpp"
#include "protocol/text.hpp"
#include "router/forwarding.hpp"
#include "router/request_fields.hpp"

namespace reprise::router {
namespace {

using protocol::Field;
using protocol::RequestHead;
using protocol::Status;

// More fields than these have nothing to do with a connection, and each is compared with each.
constexpr std::size_t most_named_fields = 32;

// Text at the front of memory that somebody else owns. Once something did not fit, nothing more is
// written.
class Text {
public:
  explicit Text(Buffer into) : into_(into) {}

  Text& operator<<(std::string_view text) {
    fits_ = fits_ && text.size() <= into_.size() - size_;
    if (!fits_) return *this;
    std::memcpy(into_.data() + size_, text.data(), text.size());
    size_ += text.size();
    return *this;
  }
  void field(std::string_view name, std::string_view value) {
    *this << name << ": " << value << "\r\n";
  }

  bool fits() const { return fits_; }
  Bytes written() const { return {into_.data(), size_}; }

private:
  Buffer into_;
  std::size_t size_ = 0;
  bool fits_ = true;
};

using Names = std::vector<std::string_view>;

bool stands_in(const Names& names, std::string_view name) {
  return std::any_of(names.begin(), names.end(), [name](std::string_view other) {
    return protocol::equal_ignoring_case(other, name);
  });
}

// The names in the Connection fields, without those that say something by themselves. Nothing if
// there are too many.
std::optional<Names> names_of_the_connection(const RequestHead& head) {
  constexpr std::string_view options[] = {"close", "keep-alive", "upgrade", "te"};
  Names names;
  for (const Field& field : head.fields) {
    if (!protocol::equal_ignoring_case(field.name, "Connection")) continue;
    for (std::string_view list = field.value; !list.empty();) {
      const std::size_t comma = std::min(list.find(','), list.size());
      const std::string_view name = protocol::trim(list.substr(0, comma));
      list.remove_prefix(std::min(comma + 1, list.size()));
      const auto is = [name](std::string_view option) {
        return protocol::equal_ignoring_case(name, option);
      };
      if (name.empty() || std::any_of(std::begin(options), std::end(options), is)) continue;
      if (names.size() == most_named_fields) return std::nullopt;
      names.push_back(name);
    }
  }
  return names;
}

// Said by us, or between the client and us alone.
bool is_not_passed_on(std::string_view name) {
  constexpr std::array<std::string_view, 12> names = {
      "Host",       "Content-Length", "Transfer-Encoding",
      "Connection", "Keep-Alive",     "Proxy-Connection",
      "TE",         "Trailer",        "Upgrade",
      "Expect",     "HTTP2-Settings", "Proxy-Authorization"};
  return std::any_of(names.begin(), names.end(), [name](std::string_view other) {
    return protocol::equal_ignoring_case(name, other);
  });
}

bool is_other_upgrade(const Field& field) {
  return protocol::equal_ignoring_case(field.name, "Upgrade") &&
         !protocol::equal_ignoring_case(field.value, "websocket");
}

// How many could have passed for something else.
unsigned add_fields(Text& text, const RequestHead& head, const Settings& settings,
                    const Names& of_the_connection) {
  const std::span<const Field> fields = head.fields;
  unsigned dropped = 0;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const Field& field = fields[i];
    if (could_forge(field.name) || is_other_upgrade(field)) {
      ++dropped;
      continue;
    }
    if (is_not_passed_on(field.name) || is_told_by_us(field.name, settings)) continue;
    if (stands_in(of_the_connection, field.name) || !is_first_of_its_name(fields, i)) continue;
    text << field.name << ": " << field.value;
    for (const Field& other : fields.subspan(i + 1)) {
      if (same_name(field, other)) text << between_values(field.name) << other.value;
    }
    text << "\r\n";
  }
  return dropped;
}

void add_framing(Text& text, const RequestHead& head) {
  if (head.chunked) return text.field("Transfer-Encoding", "chunked");
  if (!head.has_content_length && !head.decoded) return;
  char digits[20];
  const auto end = std::to_chars(std::begin(digits), std::end(digits), head.content_length).ptr;
  text.field("Content-Length", {digits, static_cast<std::size_t>(end - digits)});
}

void add_connection(Text& text, const RequestHead& head, const Settings& settings) {
  if (settings.websockets && head.upgrade) {
    text << "Connection: Upgrade\r\nUpgrade: websocket\r\n";
  } else if (head.http_1_1 && settings.backend_http.kept == 0) {
    text << "Connection: close\r\n";
  }
}

// Judged as for an application, which gets it decoded; here it goes on as it came.
bool is_good_path(std::string_view path, Buffer scratch) {
  return path.size() > scratch.size() || protocol::path_info(path, scratch).has_value();
}

}  // namespace

PacketResult encode_http_request(const RequestHead& head, const ConnectionFacts& connection,
                                 const Settings& settings, std::string_view host_name,
                                 Buffer into) {
  const auto names = names_of_the_connection(head);
  if (!names || !is_good_path(head.path, into)) return {Status::bad_request, {}, 0};
  Text text(into);
  text << head.method << " " << head.origin_form();
  text << (head.http_1_1 ? " HTTP/1.1\r\n" : " HTTP/1.0\r\n");
  text.field("Host", head.host.empty() ? host_name : head.host);
  const unsigned dropped = add_fields(text, head, settings, *names);
  for (const ForwardingField& field : forwarding_fields(head, connection, settings))
    text.field(field.name, field.value);
  add_connection(text, head, settings);
  add_framing(text, head);
  text << "\r\n";
  if (!text.fits()) return {Status::header_fields_too_large, {}, dropped};
  return {Status::ok, text.written(), dropped};
}

}  // namespace reprise::router
