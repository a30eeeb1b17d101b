#pragma once

#include <string>

namespace reprise::compat {

// What a server of plain HTTP has under `url` ("http://host[:port]/path"), asked once by HTTP/1.0:
// no redirection is followed. Waits ten seconds at most for all of it and takes `limit` bytes at
// most. Throws std::runtime_error: a bad URL, a status that is not 2xx, less than was announced.
std::string fetch(const std::string& url, std::size_t limit);

// True if the way to the server leaves this host.
bool is_unsealed(const std::string& url);

}  // namespace reprise::compat
