#pragma once

#include "protocol/uwsgi_packet.hpp"
#include "router/uwsgi_vars.hpp"

namespace reprise::router {

// X-Forwarded-For, X-Forwarded-Proto and Forwarded (RFC 7239), as far as the settings want them to
// come from here.

// The field is one of those; what the client sent in it is up to add_forwarding.
bool is_told_by_us(std::string_view field_name, const Settings& settings);

void add_forwarding(protocol::PacketWriter& writer, const protocol::RequestHead& head,
                    const ConnectionFacts& connection, const Settings& settings);

}  // namespace reprise::router
