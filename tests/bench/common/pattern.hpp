#pragma once

#include <cstdint>
#include <string_view>

namespace reprise::bench {

// The bytes of every body, up and down: at offset n stands byte n modulo 64 KiB of one block of
// noise, so that a byte lost, doubled or moved shows wherever it happens (but by a multiple of
// 64 KiB, which the length shows).
constexpr std::uint64_t pattern_period = 65536;

// What stands from `offset` on: at least 1 and at most `limit` bytes (`limit` > 0).
std::string_view pattern_at(std::uint64_t offset, std::uint64_t limit);

// Whether `bytes` is what stands at `offset`.
bool matches_pattern(std::string_view bytes, std::uint64_t offset);

}  // namespace reprise::bench
