#include <algorithm>
#include <stdexcept>
#include <tuple>

#include <boost/json.hpp>

#include "overview/view.hpp"

namespace reprise::overview {
namespace {

namespace json = boost::json;

// Of a document that may be anybody's: what is not there, or is of another type, is nothing.
std::optional<std::uint64_t> number(const json::object& from, std::string_view name) {
  const json::value* const found = from.if_contains(name);
  if (found == nullptr) return std::nullopt;
  if (const auto* positive = found->if_uint64()) return *positive;
  const auto* any = found->if_int64();
  if (any == nullptr || *any < 0) return std::nullopt;
  return static_cast<std::uint64_t>(*any);
}

std::optional<std::int64_t> signed_number(const json::object& from, std::string_view name) {
  const json::value* const found = from.if_contains(name);
  const auto* const any = found == nullptr ? nullptr : found->if_int64();
  return any == nullptr ? std::nullopt : std::optional(*any);
}

std::string text(const json::object& from, std::string_view name) {
  const json::value* const found = from.if_contains(name);
  return found != nullptr && found->is_string() ? std::string(found->get_string()) : std::string();
}

const json::object* object(const json::object& from, std::string_view name) {
  const json::value* const found = from.if_contains(name);
  return found == nullptr ? nullptr : found->if_object();
}

template <class Take>
void each_object(const json::object& from, std::string_view name, Take take) {
  const json::value* const found = from.if_contains(name);
  const json::array* const list = found == nullptr ? nullptr : found->if_array();
  if (list == nullptr) return;
  for (const json::value& item : *list)
    if (const json::object* const one = item.if_object()) take(*one);
}

Delay delay(const json::object& from, std::string_view name) {
  const json::object* const told = object(from, name);
  if (told == nullptr) return {};
  return {number(*told, "count").value_or(0), number(*told, "p50").value_or(0),
          number(*told, "p99").value_or(0)};
}

Peer member(const json::object& told) {
  Peer peer;
  peer.address = text(told, "address");
  peer.name = text(told, "name");
  peer.node = number(told, "node");
  peer.last_packet_ms = number(told, "heard_ms");
  peer.pushes = number(told, "pushes");
  peer.sent = number(told, "sent");
  peer.missing = number(told, "missing");
  peer.round_trip_us = number(told, "round_trip_us");
  if (!told.contains("hello_ms")) return peer;  // the rest it has not said yet
  peer.version = text(told, "version");
  peer.sessions = number(told, "items");
  peer.clock_difference = signed_number(told, "clock_difference");
  peer.keys = number(told, "keys");
  peer.keys_shared = number(told, "keys_shared");
  return peer;
}

Peer heard(const json::object& told) {
  Peer peer;
  peer.state = Peer::State::heard;
  peer.address = text(told, "address");
  peer.name = text(told, "name");
  peer.last_packet_ms = number(told, "heard_ms");
  return peer;
}

Sealed sealed(const json::object& told) {
  Sealed out;
  out.node = number(told, "node").value_or(0);
  out.name = text(told, "name");
  out.keys = number(told, "keys").value_or(0);
  out.push_delay = delay(told, "push_delay_us");
  out.pull_delay = delay(told, "pull_delay_us");
  each_object(told, "members", [&](const json::object& one) { out.peers.push_back(member(one)); });
  each_object(told, "heard", [&](const json::object& one) { out.peers.push_back(heard(one)); });
  std::sort(out.peers.begin(), out.peers.end(), [](const Peer& a, const Peer& b) {
    return std::tie(a.state, a.address, a.name) < std::tie(b.state, b.address, b.name);
  });
  return out;
}

// "10.0.0.1" of "10.0.0.1:7171", "::1" of "[::1]:7171".
std::string_view host_of(std::string_view address) {
  const std::size_t colon = address.rfind(':');
  std::string_view host = address.substr(0, colon);
  if (host.size() > 1 && host.front() == '[' && host.back() == ']')
    host = host.substr(1, host.size() - 2);
  return host;
}

// Changes are sent to an address with a port, and come from a host: that is one row if it is clear.
Address& row_of(std::vector<Address>& rows, std::size_t destinations, const std::string& source) {
  const auto end = rows.begin() + static_cast<std::ptrdiff_t>(destinations);
  const auto is_its = [&](const Address& row) { return host_of(row.address) == source; };
  const auto found = std::find_if(rows.begin(), end, is_its);
  const bool is_clear = found != end && std::find_if(found + 1, end, is_its) == end;
  if (is_clear && !found->received) return *found;
  rows.emplace_back().address = source;
  return rows.back();
}

void add_source(std::vector<Address>& rows, std::size_t destinations, const json::object& told) {
  Address& row = row_of(rows, destinations, text(told, "address"));
  row.received = number(told, "received");
  row.applied = number(told, "applied");
  row.last_packet_ms = number(told, "last_packet_ms");
  const json::object* const reasons = object(told, "rejected");
  if (reasons == nullptr) return;
  for (const auto& reason : *reasons) {
    const std::uint64_t count = number(*reasons, reason.key()).value_or(0);
    if (count > 0) row.rejected.emplace_back(reason.key(), count);
  }
}

std::vector<Address> addresses(const json::object& told) {
  std::vector<Address> rows;
  each_object(told, "nodes", [&](const json::object& one) {
    Address& row = rows.emplace_back();
    row.address = text(one, "address");
    row.sent = number(one, "sent");
    row.unsent = number(one, "refused").value_or(0) + number(one, "failed").value_or(0);
  });
  const std::size_t destinations = rows.size();
  each_object(told, "peers", [&](const json::object& one) { add_source(rows, destinations, one); });
  return rows;
}

std::optional<std::uint64_t> items_of(const json::object& root, const std::string& cache) {
  std::optional<std::uint64_t> items;
  each_object(root, "caches", [&](const json::object& one) {
    if (!items && text(one, "name") == cache) items = number(one, "items");
  });
  return items;
}

}  // namespace

std::optional<double> Peer::loss() const {
  if (!sent || !pushes || *sent == 0) return std::nullopt;
  if (*pushes >= *sent) return 0;
  return static_cast<double>(*sent - *pushes) / static_cast<double>(*sent);
}

View read(std::string_view document) {
  json::error_code error;
  const json::value parsed = json::parse(document, error);
  if (error) throw std::runtime_error("what it sends is no JSON");
  const json::object* const root = parsed.if_object();
  if (root == nullptr || !root->contains("version") || !root->contains("pid"))
    throw std::runtime_error("what it sends is no stats document of a node");
  View view;
  each_object(*root, "sync", [&](const json::object& told) {
    Cache& cache = view.caches.emplace_back();
    cache.name = text(told, "cache");
    cache.items = items_of(*root, cache.name);
    if (const json::object* const more = object(told, "sealed")) cache.sealed = sealed(*more);
    cache.addresses = addresses(told);
  });
  return view;
}

}  // namespace reprise::overview
