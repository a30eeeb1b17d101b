#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace reprise::stats {

// One moment of the repeater, as plain numbers.
struct RepeaterSnapshot {
  using Reasons = std::vector<std::pair<std::string, std::uint64_t>>;

  struct Member {
    std::string address;
    std::string kind;            // "static", "signed", "trusted", "cookie"
    bool cookie = false;         // it has returned one
    std::uint64_t age_ms = 0;    // since it became a member
    std::uint64_t heard_ms = 0;  // since it last said so; of a static one 0
    std::uint64_t received = 0, received_bytes = 0, sent = 0, sent_bytes = 0;
    Reasons rejected;
  };

  struct Gateway {
    std::string address;  // as written
    std::vector<std::string> servers;
    std::uint64_t received = 0, received_bytes = 0, forwarded = 0, cookies = 0;
    std::uint64_t joined = 0, left = 0, failed = 0;
    std::uint64_t dropped = 0;  // by the kernel, as nobody fetched them in time
    Reasons rejected;
    std::vector<Member> members;
  };

  struct Process {
    std::uint64_t id = 0, pid = 0, respawns = 0;
  };

  std::string version;  // "2.0.21-reprise"
  std::uint64_t uid = 0, gid = 0;
  std::string cwd;
  std::vector<Gateway> gateways;
  std::vector<Process> processes;
};

}  // namespace reprise::stats
