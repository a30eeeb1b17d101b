#pragma once

#include <string_view>

#include "parsers/store_url/ast.hpp"
#include "parsers/syntax_error.hpp"

namespace reprise::parsers::store_url {

// `redis://HOST:PORT,HOST:PORT?name=value&name=value`, `rediss://` (TLS), `memcached://`, and
// `redis+unix:///PATH`, `memcached+unix:///PATH,/PATH` for sockets in the file system or "@name".
// A value is taken as it is up to the next '&'. At most 64 servers. Throws SyntaxError.
Url parse(std::string_view text);

}  // namespace reprise::parsers::store_url
