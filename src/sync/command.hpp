#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/bytes.hpp"

namespace reprise::sync {

// What a client asks of a cache over TCP: a uwsgi packet with modifier 111, FORMAT.md.
struct Command {
  enum class Verb { get, exists, set, update, erase, clear, dump, copy };
  // How it is answered.
  enum class Form {
    plain,      // get: a header and the value
    streamed,   // the same, and a header alone if there is none
    bare,       // get: the value alone
    http,       // the same, and an HTTP answer if there is none
    described,  // status, size and expiry in a packet, then the value
  };

  static constexpr std::size_t header_size = 4;
  static constexpr std::size_t largest_value = 1 << 20;

  Verb verb = Verb::get;
  Form form = Form::plain;
  Bytes cache;  // empty: the first
  Bytes key;
  Bytes value;                 // of a set, if it stands in the packet
  std::size_t value_size = 0;  // how many bytes behind the packet are the value otherwise
  std::uint64_t lifetime = 0;  // seconds from now on; 0: without end
};

// The size of a packet by its header, of which all bytes are there; nothing if it is no command.
std::optional<std::size_t> command_size(Bytes header);

// What a whole packet asks; it refers to the packet's bytes. Nothing if it is not understood.
std::optional<Command> read_command(Bytes packet);

}  // namespace reprise::sync
