#pragma once

#include <string_view>

namespace reprise::python {

// The reason phrase of an HTTP status; "Unknown" of one that has none (RFC 9110 15 and the IANA
// registry).
std::string_view reason_of(int status);

}  // namespace reprise::python
