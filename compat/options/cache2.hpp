#pragma once

#include "compat/builder.hpp"

namespace reprise::compat {

// Reads a cache2 line, or fails in uWSGI's words (spec/cache/cache.md 1.2).
cache::Settings read_cache2(Builder& builder, const OptionUse& use);

// The address of a node or a server, with its place. Fails for what is no host and port, for nodes
// in uWSGI's words.
Written udp_node(const Builder& builder, const OptionUse& use, const std::string& address);
Written udp_server(const Builder& builder, const OptionUse& use, const std::string& address);

// The path of a file of secrets, with its place. Fails for none.
Written secret_file(const Builder& builder, const OptionUse& use, const std::string& path);

// Of `chacha20` and `aes256`. Fails for anything else.
bool is_chacha20(const Builder& builder, const OptionUse& use, const std::string& name);

// The address of a node whose cache this one begins with. Fails for what is no address.
Written neighbour(const Builder& builder, const OptionUse& use, const std::string& address);

}  // namespace reprise::compat
