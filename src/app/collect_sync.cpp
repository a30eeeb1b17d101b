#include "app/collect_sync.hpp"

#include <algorithm>

#include "base/clock.hpp"
#include "net/datagram.hpp"

namespace reprise::app {
namespace {

// Anybody who recorded datagrams of the cluster makes names heard.
constexpr std::size_t most_heard = 64;

// Of the counters of a peer or a copy.
template <class Counters>
stats::SyncSnapshot::Reasons reasons_of(const Counters& counters, std::size_t count) {
  stats::SyncSnapshot::Reasons reasons;
  for (std::size_t i = 0; i < count; ++i) {
    reasons.emplace_back(sync::name_of(static_cast<sync::Rejection>(i)),
                         counters.rejected[i].get());
  }
  return reasons;
}

const char* name_of(sync::CopyState state) {
  switch (state) {
    case sync::CopyState::none:
      return "none";
    case sync::CopyState::under_way:
      return "under_way";
    case sync::CopyState::complete:
      return "complete";
    case sync::CopyState::in_part:
      return "in_part";
    case sync::CopyState::failed:
      return "failed";
  }
  return "";
}

const char* name_of(cluster::FillState state) {
  switch (state) {
    case cluster::FillState::none:
      return "none";
    case cluster::FillState::under_way:
      return "under_way";
    case cluster::FillState::over:
      return "over";
  }
  return "";
}

std::optional<stats::SyncSnapshot::Copy> copy_of(const Replication& replication) {
  const auto& neighbours = replication.settings().sync_nodes;
  if (neighbours.empty()) return std::nullopt;
  const sync::CopyCounters& counters = replication.ledger().cache().copy;
  stats::SyncSnapshot::Copy out;
  out.state = name_of(counters.now());
  out.attempts = counters.attempts.get();
  if (out.attempts > 0) out.neighbour = neighbours[counters.neighbour.get()].text;
  out.bytes = counters.bytes.get();
  out.taken = counters.taken.get();
  out.rejected = reasons_of(counters, sync::plain_rejections);
  return out;
}

stats::SyncSnapshot::Peer snapshot_of(const sync::Ledger::Peer& peer, std::uint64_t now,
                                      std::size_t reasons) {
  const sync::PeerCounters& counters = *peer.counters;
  stats::SyncSnapshot::Peer out;
  out.address = peer.address;
  out.received = counters.received.get();
  out.received_bytes = counters.received_bytes.get();
  out.applied = counters.applied.get();
  const std::uint64_t last = counters.last_packet.get();
  if (last != 0) out.last_packet_ms = now > last ? now - last : 0;
  out.rejected = reasons_of(counters, reasons);
  return out;
}

std::string short_name(const seal::SenderName& name) {
  return log::short_id({reinterpret_cast<const char*>(name.data()), name.size()});
}

std::size_t shared_keys(const seal::PacketKeys& ours, const cluster::Hello& hello) {
  return static_cast<std::size_t>(
      std::count_if(ours.list.begin(), ours.list.begin() + ours.count, [&](const auto& key) {
        return std::find(hello.keys.begin(), hello.keys.end(), key.id) != hello.keys.end();
      }));
}

stats::SyncSnapshot::Member snapshot_of(const cluster::Peer& peer, const seal::PacketKeys& ours,
                                        cluster::Moment now) {
  stats::SyncSnapshot::Member out;
  out.address = peer.address.text();
  out.name = short_name(peer.name);
  out.version = peer.hello.version;
  out.node = peer.node;
  out.heard_ms = now - peer.heard;
  out.items = peer.hello.items;
  out.pushes = peer.pushes;
  out.missing = peer.gaps.missing();
  out.keys = peer.hello.keys.size();
  out.sent = peer.gaps.sent();
  out.keys_shared = shared_keys(ours, peer.hello);
  if (peer.hello_heard != 0) out.hello_ms = now - peer.hello_heard;
  if (peer.asked.round_trip() != 0) out.round_trip_us = peer.asked.round_trip();
  if (peer.hello.wall_clock != 0) {
    out.clock_difference = static_cast<std::int64_t>(peer.hello.wall_clock - peer.hello_heard_at);
  }
  return out;
}

stats::Delay delay_of(const shm::Histogram& histogram) {
  const shm::Histogram::Summary summary = histogram.summary();
  return {summary.count, summary.p50, summary.p90, summary.p99};
}

stats::SyncSnapshot::Sealed sealed_of(const Sealing& sealing, cluster::Membership* membership) {
  const cluster::Counters& counters = sealing.shared().counters;
  const auto renamed = [&](cluster::Renaming why) {
    return counters.renamed[static_cast<std::size_t>(why)].get();
  };
  stats::SyncSnapshot::Sealed out;
  out.node = sealing.shared().node;
  out.keys = sealing.secrets();
  out.counters = {{"sealed", counters.sealed.get()},
                  {"sealed_bytes", counters.sealed_bytes.get()},
                  {"pushes", counters.pushes.get()},
                  {"changes", counters.changes.get()},
                  {"too_large", counters.too_large.get()},
                  {"unsent", counters.unsent.get()},
                  {"opened", counters.opened.get()},
                  {"challenges_sent", counters.challenges_sent.get()},
                  {"challenges_answered", counters.challenges_answered.get()},
                  {"renamed_worn", renamed(cluster::Renaming::worn)},
                  {"renamed_leap", renamed(cluster::Renaming::leap)},
                  {"renamed_copy", renamed(cluster::Renaming::copy)},
                  {"node_clashes", counters.node_clashes.get()},
                  {"asks", counters.asks.get()},
                  {"answers", counters.answers.get()},
                  {"not_here", counters.not_here.get()},
                  {"asks_shed", counters.asks_shed.get()},
                  {"late_answers", counters.late_answers.get()},
                  {"arrived_late", counters.arrived_late.get()},
                  {"lost", counters.lost.get()},
                  {"repaired", counters.repaired.get()},
                  {"gone", counters.gone.get()},
                  {"given_up", counters.given_up.get()},
                  {"comparisons", counters.comparisons.get()},
                  {"gained", counters.gained.get()},
                  {"given", counters.given.get()}};
  out.filling = name_of(static_cast<cluster::FillState>(counters.filling.get()));
  for (std::size_t i = 0; i < cluster::pull_ends; ++i)
    out.pulls.emplace_back(cluster::name_of(static_cast<cluster::PullEnd>(i)),
                           counters.ended[i].get());
  out.push_delay = delay_of(counters.push_delay);
  out.pull_delay = delay_of(counters.pull_delay);
  if (membership == nullptr) return out;
  const cluster::Moment now = cluster::milliseconds_of(CLOCK_BOOTTIME);
  out.name = short_name(membership->member().own().name());
  for (const cluster::Peer* peer : membership->member().peers().live())
    out.members.push_back(snapshot_of(*peer, sealing.packet_keys(), now));
  for (const cluster::Peer* peer : membership->member().peers().heard()) {
    if (out.heard.size() == most_heard) break;
    out.heard.push_back({peer->address.text(), short_name(peer->name), now - peer->heard});
  }
  return out;
}

}  // namespace

stats::SyncSnapshot snapshot_of(const Replication& replication) {
  const sync::Ledger& ledger = replication.ledger();
  stats::SyncSnapshot out;
  out.cache = replication.settings().name;
  out.hits_here = ledger.cache().hits_here.get();
  out.hits_elsewhere = ledger.cache().hits_elsewhere.get();
  out.too_large = ledger.cache().too_large_to_send.get();
  const auto& nodes = replication.settings().udp_nodes;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    const sync::NodeCounters& node = ledger.node(i);
    out.nodes.push_back({nodes[i].text, node.sent.get(), node.sent_bytes.get(), node.refused.get(),
                         node.failed.get()});
  }
  const std::uint64_t now = sync::monotonic_milliseconds();
  out.copy = copy_of(replication);
  const std::size_t reasons =
      replication.sealing() != nullptr ? sync::rejections : sync::plain_rejections;
  out.rejected = reasons_of(sync::PeerCounters{}, reasons);
  for (const sync::Ledger::Peer& peer : ledger.peers()) {
    out.peers.push_back(snapshot_of(peer, now, reasons));
    for (std::size_t i = 0; i < reasons; ++i)
      out.rejected[i].second += out.peers.back().rejected[i].second;
  }
  for (const Replication::Server& server : replication.servers())
    out.servers.push_back({server.address, net::dropped_datagrams(server.fd.get())});
  if (const Sealing* sealing = replication.sealing())
    out.sealed = sealed_of(*sealing, replication.membership());
  return out;
}

}  // namespace reprise::app
