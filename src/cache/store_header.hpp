#pragma once

#include <optional>
#include <string>

#include "cache/layout.hpp"

namespace reprise::cache {

// The preamble at the front of an open file, if the file is a whole store of this program's layout;
// else `why` says in words what it is.
std::optional<Preamble> read_preamble(int fd, std::string& why);

// What differs, in the words of the options; empty if nothing does.
std::string difference(const Geometry& file, const Geometry& wanted);

// The end of what is not a hole in a part of a file; `begin` if all is one. From there on, bytes
// are zero.
std::size_t data_end(int fd, std::size_t begin, std::size_t size);

}  // namespace reprise::cache
