#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/bytes.hpp"

namespace reprise::protocol {

// What the router has to know of an answer's head; the rest of it is passed on as it is.
struct ResponseHead {
  int status = 0;  // 100..999
  bool http_1_1 = false;
  std::optional<std::uint64_t> content_length;
  bool transfer_encoding = false;
  bool chunked = false;                // the last coding is chunked
  bool other_codings = false;          // chunked is not the only coding, or stands there twice
  bool connection = false;             // there is a Connection or Keep-Alive field
  bool close = false;                  // Connection: close
  std::optional<unsigned> keep_alive;  // seconds; Keep-Alive: timeout=N, the shortest of them
  bool content_encoding = false;
  bool wants_gzip = false;  // uWSGI-Encoding: gzip
  unsigned fields = 0;
};

// Parses one complete head (HeadFinder says where it ends). Nothing if it is none, or if two
// readers could disagree about where its body ends: contradictory lengths, a length beside a
// transfer coding, bare CR, NUL. Forgiven: a status line without reason and without the blank
// before it.
std::optional<ResponseHead> parse_response_head(Bytes head);

// False as soon as these first bytes can not become an HTTP/1 status line.
bool may_be_response(Bytes beginning);

// What is changed in a head on its way.
struct HeadEdit {
  // Without what is between its sender and us: Connection and the fields it names, Keep-Alive,
  // Proxy-Connection, Upgrade. What frames the body stays.
  bool own_connection = false;
  bool close = false;    // as with_connection_close
  bool chunked = false;  // with Transfer-Encoding: chunked
  bool gzip = false;     // without uWSGI-Encoding, with Content-Encoding and Vary
};
std::string edited_head(Bytes head, HeadEdit edit);

// The head without its Connection and Keep-Alive fields, and with `Connection: close`. Grows by at
// most `close_field.size()`.
inline constexpr std::string_view close_field = "Connection: close\r\n";
std::string with_connection_close(Bytes head);

}  // namespace reprise::protocol
