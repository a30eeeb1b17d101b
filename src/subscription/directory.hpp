#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/line_allowance.hpp"
#include "subscription/table.hpp"

namespace reprise::subscription {

// The table as one worker of a router asks it.
class Directory {
public:
  // References outlive this. `worker`: below max_workers.
  Directory(Table& table, const Settings& settings, const ServerSettings& server,
            std::size_t worker)
      : table_(table), settings_(settings), server_(server), worker_(worker) {}

  // The node whose turn it is for a key; or for the wider names of it, if those are wanted; or for
  // the fallback key. `client` is its address.
  std::optional<Lease> find(std::string_view key, std::string_view client) const;

  // uWSGI's line about a node that could not be reached; at most 100 a second, and how many were
  // left out.
  void report_failed(std::string_view key, const Lease& lease) const;

private:
  Table& table_;
  const Settings& settings_;
  const ServerSettings& server_;
  std::size_t worker_;
  mutable log::LineAllowance failure_lines_{100};
};

}  // namespace reprise::subscription
