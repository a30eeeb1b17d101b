#pragma once

#include <cstdint>
#include <vector>

#include "base/bytes.hpp"
#include "protocol/status.hpp"

namespace reprise::protocol {

// One field line. Views into the head.
struct Field {
  std::string_view name;   // a token, as written
  std::string_view value;  // without the blanks around it
};

struct HeadLimits {
  std::size_t max_fields = 512;
};

// A request head that follows RFC 9112 to the letter where a lenient reader could be made to see
// another message than the next one does. All views point into the head that was parsed.
struct RequestHead {
  std::string_view method;
  std::string_view target;     // as written
  std::string_view authority;  // of an absolute target; it replaces Host (RFC 9112 3.2.2)
  std::string_view path;       // in front of the first '?': "/a%20b", or "*"
  std::string_view query;      // behind it
  bool http_1_1 = false;       // else 1.0
  std::vector<Field> fields;   // in the order they came; capacity is kept from head to head

  std::string_view host;  // the authority or the Host field; empty: there is none (1.0)
  std::uint64_t content_length = 0;
  bool has_content_length = false;
  bool chunked = false;
  bool expects_continue = false;
  bool close = false;       // Connection: close
  bool keep_alive = false;  // Connection: keep-alive
  bool upgrade = false;     // Connection: upgrade, and to websocket with all that it takes
  bool accepts_gzip = false;

  // `chunked` was, until the body was read: content_length is what it came to.
  bool decoded = false;

  // `host` without its port; an IPv6 address keeps its brackets.
  std::string_view host_name() const;

  // "/a?b": the target without scheme and authority.
  std::string_view origin_form() const;
};

// Parses one complete head, from its first byte to behind its empty line (HeadFinder says where).
// Returns Status::ok, or how to refuse it:
//   400  any break of the grammar; no, two or bad Host; bad, repeated or contradictory length
//   417  an expectation other than 100-continue
//   431  more than max_fields
//   501  a transfer coding other than chunked; CONNECT
//   505  a version other than 1.0 and 1.1
Status parse_request_head(Bytes head, const HeadLimits& limits, RequestHead& out);

}  // namespace reprise::protocol
