#pragma once

#include "compat/builder.hpp"

namespace reprise::compat {

// Reads a cache2 line, or fails in uWSGI's words (spec/cache/cache.md 1.2).
cache::Settings read_cache2(Builder& builder, const OptionUse& use);

// uWSGI's check of a node's address.
void check_udp_node(const Builder& builder, const OptionUse& use, const std::string& node);

// For a cache with peers: this version has none.
void warn_of_peers(Builder& builder, const OptionUse& use);

}  // namespace reprise::compat
