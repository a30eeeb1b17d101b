#include "cluster/healing_messages.hpp"

#include <algorithm>

#include "cluster/wire_format.hpp"

namespace reprise::cluster {
namespace {

constexpr std::uint8_t all_buckets = 255;

void write(Writer& out, const std::vector<Fingerprint>& all) {
  for (const Fingerprint one : all)
    out.number(one, 8);
}

// All that is left.
std::optional<std::vector<Fingerprint>> take_fingerprints(Reader& in, std::size_t most) {
  const Bytes rest = in.rest();
  if (rest.size() % 8 != 0 || rest.size() / 8 > most) return std::nullopt;
  std::vector<Fingerprint> all;
  for (std::size_t at = 0; at < rest.size(); at += 8)
    all.push_back(seal::number_at(rest, at, 8));
  return all;
}

void append(std::string& to, Type type, const Fingerprints& message) {
  Writer out(to, type);
  write(out, message.all);
}

}  // namespace

void append(std::string& to, const Lost& message) {
  Writer out(to, Type::lost);
  for (const PushRange& range : message.ranges) {
    out.number(range.first, 6);
    out.number(range.count, 2);
  }
}

void append(std::string& to, const Settled& message) {
  Writer out(to, Type::settled);
  out.number(message.push, 6);
  out.number(message.gone ? 1 : 0, 1);
}

void append(std::string& to, const Digest& message) {
  Writer out(to, Type::digest);
  out.number(message.bucket.value_or(all_buckets), 1);
  for (const std::uint64_t sum : message.sums)
    out.number(sum, 8);
}

void append(std::string& to, const Listing& message) {
  Writer out(to, Type::listing);
  out.number(message.leaf, 2);
  out.number(message.from, 8);
  out.number(message.to, 8);
  write(out, message.all);
}

void append_wanted(std::string& to, const Fingerprints& message) {
  append(to, Type::wanted, message);
}

void append_erased(std::string& to, const Fingerprints& message) {
  append(to, Type::erased, message);
}

void append(std::string& to, const Fill& message) {
  Writer out(to, Type::fill);
  out.number(message.cursor, 8);
  out.number(message.datagrams, 1);
}

void append(std::string& to, const FillEnd& message) {
  Writer out(to, Type::fill_end);
  out.number(message.cursor, 8);
}

std::optional<Lost> read_lost(Bytes body) {
  constexpr std::size_t range_size = 8;
  if (body.size() % range_size != 0 || body.size() / range_size > Lost::most) return std::nullopt;
  Lost message;
  for (Reader in(body); message.ranges.size() < body.size() / range_size;) {
    PushRange& range = message.ranges.emplace_back();
    range.first = in.number(6);
    range.count = static_cast<std::uint16_t>(in.number(2));
  }
  return message;
}

std::optional<Settled> read_settled(Bytes body) {
  Reader in(body);
  Settled message;
  message.push = in.number(6);
  message.gone = in.number(1) != 0;
  return if_good(in, std::move(message));
}

std::optional<Digest> read_digest(Bytes body) {
  Reader in(body);
  Digest message;
  const auto bucket = static_cast<std::uint8_t>(in.number(1));
  if (bucket != all_buckets) message.bucket = bucket;
  if (message.bucket && bucket >= Holdings::buckets) return std::nullopt;
  for (std::uint64_t& sum : message.sums)
    sum = in.number(8);
  return if_good(in, std::move(message));
}

std::optional<Listing> read_listing(Bytes body) {
  Reader in(body);
  Listing message;
  message.leaf = static_cast<std::uint16_t>(in.number(2));
  message.from = in.number(8);
  message.to = in.number(8);
  auto all = take_fingerprints(in, Listing::most);
  const bool is_one = in.good() && all && message.leaf < Holdings::leaves &&
                      Holdings::leaf_of(message.from) == message.leaf &&
                      Holdings::leaf_of(message.to) == message.leaf &&
                      std::is_sorted(all->begin(), all->end());
  if (!is_one) return std::nullopt;
  if (!all->empty() && (all->front() < message.from || all->back() > message.to))
    return std::nullopt;
  message.all = std::move(*all);
  return message;
}

std::optional<Fingerprints> read_fingerprints(Bytes body) {
  Reader in(body);
  auto all = take_fingerprints(in, Fingerprints::most);
  if (!all) return std::nullopt;
  return Fingerprints{std::move(*all)};
}

std::optional<Fill> read_fill(Bytes body) {
  Reader in(body);
  Fill message;
  message.cursor = in.number(8);
  message.datagrams = static_cast<std::uint8_t>(in.number(1));
  return if_good(in, std::move(message));
}

std::optional<FillEnd> read_fill_end(Bytes body) {
  Reader in(body);
  FillEnd message;
  message.cursor = in.number(8);
  return if_good(in, std::move(message));
}

}  // namespace reprise::cluster
