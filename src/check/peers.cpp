#include "check/peers.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "net/datagram.hpp"

namespace reprise::check {
namespace {

using compat::Code;
using compat::Severity;

bool reaches(const net::Endpoint& node, const net::Endpoint& server) {
  if (node == server) return true;
  if (node.family() != server.family() || node.port() != server.port()) return false;
  return server.host() == "0.0.0.0" || server.host() == "::";
}

bool tells(const SharedCache& from, const SharedCache& to) {
  return std::any_of(from.nodes.begin(), from.nodes.end(), [&](const net::Endpoint& node) {
    return std::any_of(to.servers.begin(), to.servers.end(),
                       [&](const auto& server) { return reaches(node, server.first); });
  });
}

// Why a session of one is not resumed by the other, or an empty text.
std::string hindrance(const SharingListener& one, const SharingListener& other) {
  if (one.context != other.context) {
    return fmt::format("its session context is \"{}\", and \"{}\" at {}", one.context,
                       other.context, other.address);
  }
  if (one.for_openssl_1_0 != other.for_openssl_1_0) {
    return fmt::format("one of it and {} has ssl-sessions-openssl10", other.address);
  }
  if (one.policy == other.policy) return {};
  return fmt::format("{} asks for client certificates by other rules", other.address);
}

// Why datagrams of one cache are not understood by the other, or an empty text.
std::string seals_apart(const Report& one, const SharedCache& from, const Report& other,
                        const SharedCache& to) {
  const auto ours = one.keys.find(from.name), theirs = other.keys.find(to.name);
  const bool is_sealed = ours != one.keys.end();
  if (is_sealed != (theirs != other.keys.end())) {
    return fmt::format("cache \"{}\" of {} is {}sealed, and its own {} is {}", from.name, one.name,
                       is_sealed ? "" : "not ", to.name, is_sealed ? "not" : "sealed");
  }
  if (!is_sealed) return {};
  const auto is_theirs = [&](const seal::KeyId& key) {
    const auto& keys = theirs->second;
    return std::find(keys.begin(), keys.end(), key) != keys.end();
  };
  if (std::any_of(ours->second.begin(), ours->second.end(), is_theirs)) return {};
  return fmt::format("cache \"{}\" of {} has no secret, cipher and name in common with its own {}",
                     from.name, one.name, to.name);
}

// The sessions of each listener of `from`, at the listeners of `to`.
void compare(Report& report, const SharedCache& from, const Report& other, const SharedCache& to) {
  if (to.listeners.empty()) return;
  for (const SharingListener& listener : from.listeners) {
    std::string why;
    const bool resumes =
        std::any_of(to.listeners.begin(), to.listeners.end(), [&](const SharingListener& there) {
          const std::string reason = hindrance(listener, there);
          if (why.empty()) why = reason;
          return reason.empty();
        });
    if (resumes) continue;
    report.findings.push_back(compat::finding_at(
        listener.origin, Severity::warning, Code::peers,
        fmt::format("its sessions will not resume on {}: {}", other.name, why),
        "the same https-session-context above both, and the same rules for client certificates"));
  }
}

void compare_two(Report& one, Report& other) {
  for (const SharedCache& from : one.shared) {
    for (const SharedCache& to : other.shared) {
      if (!tells(from, to)) continue;
      if (std::string why = seals_apart(one, from, other, to); !why.empty()) {
        other.findings.push_back(compat::finding_at(
            to.servers.front().second, Severity::warning, Code::peers, std::move(why),
            "the same secret file, cipher and name of the cache on all nodes"));
        continue;
      }
      compare(one, from, other, to);
      if (from.servers.empty() || tells(to, from)) continue;
      other.findings.push_back(compat::finding_at(
          to.servers.front().second, Severity::warning, Code::peers,
          fmt::format("cache \"{}\" hears of the sessions of {}, but tells it of none", to.name,
                      one.name),
          "a node for each of the others"));
    }
  }
}

}  // namespace

void compare_peers(std::vector<Report>& reports) {
  for (Report& one : reports) {
    for (Report& other : reports)
      if (&one != &other) compare_two(one, other);
  }
}

}  // namespace reprise::check
