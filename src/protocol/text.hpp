#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

// Small rules of HTTP text that requests and responses share (RFC 9110 5.6).
namespace reprise::protocol {

// ASCII only; the locale has no say.
bool equal_ignoring_case(std::string_view a, std::string_view b);

// `token` stands in a comma separated list, whatever the case: has_token("a, Close", "close").
bool has_token(std::string_view list, std::string_view token);

// One or more tchar.
bool is_token(std::string_view text);

// Without the blanks and tabs around it.
std::string_view trim(std::string_view text);

// Digits only, leading zeros allowed. Nothing if there is anything else, or 2^63 or more.
std::optional<std::uint64_t> parse_length(std::string_view text);

}  // namespace reprise::protocol
