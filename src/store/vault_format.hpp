#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

// The numbers of FORMAT.md.
namespace reprise::store::format {

inline constexpr char magic[2] = {'\xC5', '\x53'};
inline constexpr char plain_version = 0;
inline constexpr char sealed_version = 1;
inline constexpr int header_size = 7;  // magic, version, key id: authenticated
inline constexpr int nonce_size = 12;
inline constexpr int tag_size = 16;
inline constexpr std::size_t clear_size = 17;          // created, expires, kind
inline constexpr std::size_t name_size = 24;           // bytes of an entry's name, 32 as text
inline constexpr std::uint64_t longest_life = 604800;  // seconds, RFC 8446 4.6.1

inline constexpr std::string_view salt = "reprise store 1";

}  // namespace reprise::store::format
