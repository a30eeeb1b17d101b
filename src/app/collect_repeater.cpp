#include "app/collect_repeater.hpp"

#include <unistd.h>

#include "app/collect.hpp"
#include "compat/load.hpp"
#include "net/datagram.hpp"

namespace reprise::app {
namespace {

stats::RepeaterSnapshot::Reasons reasons_of(
    const std::array<shm::Counter, repeater::reasons>& counters) {
  stats::RepeaterSnapshot::Reasons out;
  for (std::size_t i = 0; i < repeater::reasons; ++i)
    out.emplace_back(name_of(static_cast<repeater::Reason>(i)), counters[i].get());
  return out;
}

stats::RepeaterSnapshot::Member member_of(const repeater::Members::State& state,
                                          repeater::Moment now) {
  const auto since = [now](repeater::Moment at) { return at == 0 || at > now ? 0 : now - at; };
  stats::RepeaterSnapshot::Member out;
  out.address = state.address.endpoint().text();
  out.kind = name_of(state.right);
  out.cookie = state.proved;
  out.age_ms = since(state.since);
  out.heard_ms = since(state.heard);
  out.received = state.row->received.get();
  out.received_bytes = state.row->received_bytes.get();
  out.sent = state.row->sent.get();
  out.sent_bytes = state.row->sent_bytes.get();
  out.rejected = reasons_of(state.row->rejected);
  return out;
}

stats::RepeaterSnapshot::Gateway gateway_of(const Repeaters::Gateway& gateway) {
  const repeater::RoomCounters& counters = gateway.room->counters;
  stats::RepeaterSnapshot::Gateway out;
  out.address = gateway.settings->address.text;
  for (const Written& server : gateway.settings->servers)
    out.servers.push_back(server.text);
  out.received = counters.received.get();
  out.received_bytes = counters.received_bytes.get();
  out.forwarded = counters.forwarded.get();
  out.cookies = counters.cookies.get();
  out.joined = counters.joined.get();
  out.left = counters.left.get();
  out.failed = counters.failed.get();
  out.dropped = net::dropped_datagrams(gateway.fd.get());
  out.rejected = reasons_of(counters.rejected);
  const repeater::Moment now = repeater::now();
  for (const repeater::Members::State& state : repeater::Members(*gateway.room).snapshot())
    out.members.push_back(member_of(state, now));
  return out;
}

}  // namespace

stats::RepeaterSnapshot collect_repeater(const Node& node) {
  stats::RepeaterSnapshot out;
  out.version = compat::version;
  out.uid = ::getuid();
  out.gid = ::getgid();
  out.cwd = working_directory();
  const Repeaters& repeaters = *node.repeaters();
  for (const auto& gateway : repeaters.gateways())
    out.gateways.push_back(gateway_of(*gateway));
  for (std::size_t i = 0; i < repeaters.processes().size(); ++i) {
    const ChildRow& row = repeaters.processes().row(i);
    const std::uint64_t starts = row.starts.get();
    out.processes.push_back({i + 1, row.pid.get(), starts > 0 ? starts - 1 : 0});
  }
  return out;
}

}  // namespace reprise::app
