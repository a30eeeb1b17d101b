#pragma once

#include <optional>
#include <string_view>

#include "base/bytes.hpp"

namespace reprise::protocol {

// What an application gets as PATH_INFO for the part of a target in front of its '?': escapes
// decoded, then the segments `.` and `..` resolved, never above the root. Empty segments are kept
// and count. As uWSGI does it (spec/routers/http-router.md 2.4), but on the safe side of it: dots
// and slashes that were escaped are resolved too, "/.." is "/", and a bad escape or a NUL gives
// nothing.
//
// Works in `into`, which holds at least as many bytes as `path`.
std::optional<std::string_view> path_info(std::string_view path, Buffer into);

}  // namespace reprise::protocol
