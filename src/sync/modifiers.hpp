#pragma once

// The numbers that packets of a cache begin with, and that say what they are (FORMAT.md).
namespace reprise::sync {

inline constexpr unsigned char cache_modifier = 111;

// The second number, of what is asked and answered over TCP.
namespace modifier {
inline constexpr unsigned char get = 0;
inline constexpr unsigned char set = 1;
inline constexpr unsigned char erase = 2;
inline constexpr unsigned char get_variable = 3;
inline constexpr unsigned char get_variable_for_http = 4;
inline constexpr unsigned char get_streamed = 5;
inline constexpr unsigned char dump = 6;
inline constexpr unsigned char dump_follows = 7;
inline constexpr unsigned char described = 17;
// Ours.
inline constexpr unsigned char sealed_copy = 0x26;
inline constexpr unsigned char copy = 112;
inline constexpr unsigned char copy_follows = 113;
inline constexpr unsigned char copy_ends = 114;
}  // namespace modifier

// The same of a change.
inline constexpr unsigned char set_command = 10;
inline constexpr unsigned char erase_command = 11;

}  // namespace reprise::sync
