#include "subscription/announcer.hpp"

#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <fstream>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "net/datagram.hpp"
#include "net/timer.hpp"

namespace reprise::subscription {
namespace {

using namespace std::chrono_literals;

// Stamps of signed packets are whole seconds, a leave's the one after: who starts again at once has
// its first announce refused as old, but not one of this much later.
constexpr auto second_announce = 500ms;
constexpr auto second_signed_announce = 1500ms;
constexpr auto pause_after_leave = 1000ms;  // signed packets of one second are told apart by it
constexpr std::uintmax_t longest_key_file = 1 << 20;

bool exists(const std::string& path) {
  struct stat status {};
  return !path.empty() && ::stat(path.c_str(), &status) == 0;
}

// Where the wildcard of a listener leads, as the server sees this host.
std::string reachable(const std::string& address, const net::Endpoint& server) {
  const std::size_t colon = address.rfind(':');
  const bool tcp =
      !address.starts_with('/') && !address.starts_with('@') && colon != std::string::npos;
  if (!tcp || server.family() == AF_UNIX) return address;
  const std::string host = address.substr(0, colon);
  if (!host.empty() && host != "*" && host != "0.0.0.0" && host != "[::]") return address;
  const UniqueFd probe(::socket(server.family(), SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!probe || ::connect(probe.get(), server.data(), server.size()) != 0) return address;
  const net::Endpoint local = net::Endpoint::local(probe.get());
  const std::string ours = local.family() == AF_INET6 ? "[" + local.host() + "]" : local.host();
  return ours + address.substr(colon);
}

std::string_view trimmed(std::string_view line) {
  constexpr std::string_view blanks = " \t\r";
  const std::size_t first = line.find_first_not_of(blanks);
  if (first == line.npos) return {};
  return line.substr(first, line.find_last_not_of(blanks) - first + 1);
}

// "KEY[,MODIFIER1]" of a file of keys; nothing for a comment or an empty line.
struct Listed {
  std::string_view key;
  std::optional<int> modifier1;
};
std::optional<Listed> read_listed(std::string_view line) {
  line = trimmed(line);
  if (line.empty() || line.front() == '#') return std::nullopt;
  const std::size_t comma = line.find(',');
  Listed listed{trimmed(line.substr(0, comma)), {}};
  if (comma != line.npos) listed.modifier1 = std::atoi(std::string(line.substr(comma + 1)).c_str());
  return listed;
}

}  // namespace

net::Endpoint server_of(const Subscription& subscription, net::Lookup lookup) {
  const net::Endpoint server = net::resolve(subscription.server, net::Role::connect, lookup);
  if (server.family() != AF_UNIX && server.port() == 0) {
    throw std::runtime_error("no port in \"" + subscription.server + "\"");
  }
  return server;
}

std::string address_of(const Subscription& subscription, const OwnFacts& own) {
  if (!subscription.socket && !subscription.address.empty()) return subscription.address;
  const std::size_t number = subscription.socket.value_or(0);
  if (number < own.sockets.size()) return own.sockets[number];
  throw std::runtime_error(
      "there is no socket of ours to announce\n"
      "a socket option expected, or the address in front: ADDRESS=SERVER:KEY, addr=ADDRESS");
}

Key signing_key_of(const Subscription& subscription) {
  if (subscription.digest.empty()) return nullptr;
  check_digest(subscription.digest);
  Key key = read_private_key(subscription.key_file);
  if (sign(key, subscription.digest, "an announce").empty()) {
    throw std::runtime_error("this key cannot sign with " + subscription.digest);
  }
  return key;
}

Announcer::Announcer(const ClientSettings& settings, OwnFacts own)
    : settings_(settings), own_(std::move(own)) {
  for (const Subscription& subscription : settings_.subscriptions) {
    targets_.push_back(
        at_origin(subscription.written.origin, [&] { return make_target(subscription); }));
  }
}

Announcer::Target Announcer::make_target(const Subscription& subscription) const {
  return {&subscription, server_of(subscription), address_of(subscription, own_),
          signing_key_of(subscription)};
}

int Announcer::sender(int family) {
  UniqueFd& fd = senders_[family];
  if (fd) return fd.get();
  if (family == AF_UNIX) {
    fd = UniqueFd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  } else {
    fd = net::open_datagram_sender(family, {});
  }
  return fd.get();
}

void Announcer::send(const Target& target, std::string_view key, int modifier1, bool leaves) {
  const Subscription& subscription = *target.subscription;
  const std::string address = reachable(target.address, target.server);
  Announcement announcement;
  announcement.leaves = leaves;
  announcement.key = key;
  announcement.address = address;
  announcement.modifier1 = static_cast<std::uint8_t>(settings_.modifier1.value_or(modifier1));
  announcement.modifier2 = static_cast<std::uint8_t>(subscription.modifier2);
  announcement.cores = own_.cores;
  announcement.weight = settings_.auto_weight ? own_.cores : settings_.weight;
  announcement.sni_key = subscription.sni_key;
  announcement.sni_crt = subscription.sni_crt;
  announcement.sni_ca = subscription.sni_ca;
  announcement.notify = settings_.notify_socket;
  if (target.key) announcement.unix = unix_now() + (leaves ? 1 : 0);
  std::string begun = begin(announcement);
  std::string signature;
  if (target.key) signature = sign(target.key, subscription.digest, signed_part_of(begun));
  const auto packet = finish(std::move(begun), signature);
  if (!packet) {
    return log::failure(failure_lines_, "subscription.not_sent", "the packet is too large");
  }
  try {
    const int fd = sender(target.server.family());
    if (::sendto(fd, packet->data(), packet->size(), MSG_NOSIGNAL, target.server.data(),
                 target.server.size()) < 0) {
      throw system_error(last_system_error());
    }
  } catch (const std::exception& failure) {  // others are told all the same, and it again
    log::failure(failure_lines_, "subscription.not_sent", failure.what());
  }
}

// The file is read each time, as uWSGI does: keys come and go.
void Announcer::send_listed(const Target& target, bool leaves) {
  std::ifstream file(target.subscription->key.substr(1));
  if (!file) {
    log::failure(failure_lines_, "subscription.no_key_file", target.subscription->key.substr(1));
  }
  std::string line;
  std::uintmax_t left = longest_key_file;
  while (std::getline(file, line) && line.size() < left) {
    left -= line.size() + 1;
    const auto listed = read_listed(line);
    if (listed) {
      send(target, listed->key, listed->modifier1.value_or(target.subscription->modifier1), leaves);
    }
  }
}

void Announcer::send_all(bool leaves) {
  for (const Target& target : targets_) {
    const Subscription& subscription = *target.subscription;
    if (!leaves && exists(subscription.check)) continue;
    if (subscription.key.starts_with('@')) {
      send_listed(target, leaves);
    } else {
      send(target, subscription.key, subscription.modifier1, leaves);
    }
  }
}

net::awaitable<void> Announcer::run(net::asio::io_context& io, bool after_reload) {
  if (targets_.empty() || settings_.start_unsubscribed) co_return;
  net::Timer timer(io);
  if (after_reload && settings_.leave_at_reload) {
    leave();
    co_await timer.wait(pause_after_leave);
  }
  for (const Target& target : targets_)
    log::line("subscribing to {}", target.subscription->written.text);
  send_all(/*leaves=*/false);
  const bool is_signed = std::any_of(targets_.begin(), targets_.end(),
                                     [](const Target& target) { return target.key != nullptr; });
  co_await timer.wait(is_signed ? second_signed_announce : second_announce);
  for (;;) {
    send_all(/*leaves=*/false);
    co_await timer.wait(settings_.period);
  }
}

void Announcer::leave() {
  if (targets_.empty() || settings_.start_unsubscribed) return;
  for (const Target& target : targets_)
    log::line("unsubscribing from {}", target.subscription->written.text);
  send_all(/*leaves=*/true);
}

}  // namespace reprise::subscription
