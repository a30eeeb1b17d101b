#pragma once

#include <chrono>
#include <string>

#include "base/unique_fd.hpp"
#include "process/privileges.hpp"
#include "process/settings.hpp"

namespace reprise::app {

// Opens what lines go to, in the master, and again when a file is moved away or grows too large.
// The other processes follow (base/log.hpp).
class LogOutput {
public:
  // `directory` is what relative names begin from, `owner` who owns files where that is asked for.
  LogOutput(process::LogSettings settings, std::string directory, process::Identity owner);

  // From now on lines go to `target`. Throws std::runtime_error and its kin, with the place.
  void write_to(const Written& target, bool first_start);

  // Opens the file again, `rotate`: after it was moved to its backup's name. What fails is said,
  // and the lines go on to where they went.
  void renew(bool rotate);

  // Lines go to a file.
  bool is_file() const { return !target_.empty(); }
  // It is larger than `log-maxsize`.
  bool is_full() const;

  // Throws what write_to would for a target that cannot be written. Changes nothing.
  void check(const Written& target) const;

private:
  using Clock = std::chrono::steady_clock;

  UniqueFd open(const Written& target, bool truncate) const;
  void own(int fd, bool always) const;
  std::string path_of(const std::string& name) const;

  process::LogSettings settings_;
  std::string directory_;
  process::Identity owner_;
  Written target_;                // a file's; empty: none, or no file
  Clock::time_point not_before_;  // a rotation that failed is not tried again each second
};

}  // namespace reprise::app
