#pragma once

#include <sys/types.h>

#include <string>

namespace reprise::process {

// Writes the caller's pid and a line end, replacing what was there. Throws std::system_error.
void write_pidfile(const std::string& path);

// Throws std::system_error if `path` could not be written or made. Changes nothing; an empty path
// is fine.
void check_writable(const std::string& path);

// Throws std::system_error if `path` is no directory that can be entered; an empty path is fine.
void check_directory(const std::string& path);

// Sends `signal` to the process named in the file, for `--stop` and `--reload`. Throws
// std::system_error, or std::runtime_error if the file holds no pid above 1 (uWSGI would signal its
// own process group then).
void signal_pidfile(const std::string& path, int signal);

}  // namespace reprise::process
