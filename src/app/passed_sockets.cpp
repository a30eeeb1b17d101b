#include "app/passed_sockets.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <optional>
#include <stdexcept>

#include <fmt/format.h>

#include "config/validate.hpp"
#include "net/address.hpp"

namespace reprise::app {
namespace {

constexpr int first_of_systemd = 3;
constexpr int most_sockets = 1024;
constexpr char of_systemd[] = "systemd";  // kinds of descriptors in a Handover
constexpr char by_number[] = "passed";
constexpr std::string_view scheme = "fd://";

std::optional<int> number(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 0) return {};
  return value;
}

std::optional<int> number_in_environment(const char* name) {
  const char* const text = std::getenv(name);
  return text == nullptr ? std::nullopt : number(text);
}

// Its number, of `fd://N`.
std::optional<int> number_of(const std::string& address) {
  if (!address.starts_with(scheme)) return {};
  return number(std::string_view(address).substr(scheme.size()));
}

bool is_listening(int fd) {
  int type = 0, listens = 0;
  socklen_t size = sizeof type;
  if (::getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) != 0 || type != SOCK_STREAM) return false;
  size = sizeof listens;
  return ::getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) == 0 && listens != 0;
}

struct Listening {
  const char* kind;  // in a Handover
  const std::string& address;
};

std::vector<Listening> listening(const config::Config& config) {
  std::vector<Listening> all;
  for (const auto& listener : config.http.listeners)
    all.push_back({"listener", listener.address});
  for (const Written& address : config.raw.listeners)
    all.push_back({"listener", address.text});
  for (const auto& socket : config.application.sockets)
    all.push_back({"listener", socket.address.text});
  for (const Written& address : config.stats.addresses)
    all.push_back({"stats", address.text});
  if (!config.http.stats.empty()) all.push_back({"stats", config.http.stats.text});
  if (!config.raw.stats.empty()) all.push_back({"stats", config.raw.stats.text});
  if (!config.repeater.stats.empty()) all.push_back({"stats", config.repeater.stats.text});
  for (const Written& address : config.sync.tcp_servers)
    all.push_back({"cache-tcp", address.text});
  return all;
}

// Where systemd is told of a port alone it listens at [::], for IPv4 too.
bool is_at(const net::Endpoint& socket, const std::string& address) {
  try {
    const net::Endpoint wanted = net::resolve(address, net::Role::listen);
    if (wanted.text() == socket.text()) return true;
    return wanted.host() == "0.0.0.0" && socket.host() == "::" && wanted.port() == socket.port();
  } catch (const std::invalid_argument&) {  // whoever binds it says so
    return false;
  }
}

}  // namespace

PassedSockets::PassedSockets(process::Handover& inherited, const config::Config& config) {
  if (inherited.is_reload()) {
    take_from_former(inherited);
    return;
  }
  take_from_systemd();
  for (const Listening& each : listening(config)) {
    const auto wanted = number_of(each.address);
    if (!wanted || *wanted < first_of_systemd || *wanted >= first_of_systemd + most_sockets ||
        !is_listening(*wanted)) {
      continue;
    }
    const bool known = std::any_of(sockets_.begin(), sockets_.end(),
                                   [&](const Passed& socket) { return socket.number == *wanted; });
    if (!known) take(*wanted, /*by_systemd=*/false);
  }
}

void PassedSockets::take(int fd, bool by_systemd) {
  ::fcntl(fd, F_SETFD, FD_CLOEXEC);
  ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK);
  sockets_.push_back({fd, UniqueFd(fd), by_systemd});
}

void PassedSockets::take_from_systemd() {
  const auto pid = number_in_environment("LISTEN_PID");
  const auto count = number_in_environment("LISTEN_FDS");
  for (const char* name : {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"})
    ::unsetenv(name);
  if (!pid || *pid != ::getpid() || !count || *count == 0) return;
  lines_.emplace_back("- SystemD socket activation detected -");
  for (int fd = first_of_systemd; fd < first_of_systemd + std::min(*count, most_sockets); ++fd) {
    if (is_listening(fd)) {
      take(fd, /*by_systemd=*/true);
    } else {
      lines_.push_back(fmt::format(
          "*** WARNING: descriptor {} of systemd is no listening stream socket ***", fd));
    }
  }
}

void PassedSockets::take_from_former(process::Handover& inherited) {
  for (const char* kind : {of_systemd, by_number}) {
    for (int n = first_of_systemd; n < first_of_systemd + most_sockets; ++n) {
      auto fd = inherited.take(kind, std::to_string(n));
      if (fd) sockets_.push_back({n, std::move(*fd), kind == of_systemd});
    }
  }
}

std::vector<std::string> PassedSockets::offer(config::Config& config,
                                              process::Handover& inherited) const {
  std::vector<std::string> lines = lines_;
  std::vector<application::SocketSettings> more;
  for (const Passed& socket : sockets_) {
    const net::Endpoint endpoint = net::Endpoint::local(socket.fd.get());
    bool wanted = false;
    for (const Listening& each : listening(config)) {
      const auto by_name = number_of(each.address);
      if (by_name ? *by_name != socket.number : !is_at(endpoint, each.address)) continue;
      inherited.add(each.kind, each.address, socket.fd.get());
      wanted = true;
    }
    if (wanted || !socket.by_systemd) continue;
    const std::string name = std::string(scheme) + std::to_string(socket.number);
    if (!config.application.apps.empty()) {
      inherited.add("listener", name, socket.fd.get());
      more.push_back({Written{name, ""}, application::Protocol::uwsgi});
      continue;
    }
    lines.push_back(
        fmt::format("*** WARNING: nothing listens at {}, which systemd passed: write http = {} ***",
                    endpoint.text(), name));
  }
  auto& sockets = config.application.sockets;
  sockets.insert(sockets.end(), more.begin(), more.end());
  config::check_listeners(config);
  return lines;
}

void PassedSockets::hand_over(process::Handover& handover) const {
  for (const Passed& socket : sockets_) {
    handover.add(socket.by_systemd ? of_systemd : by_number, std::to_string(socket.number),
                 socket.fd.get());
  }
}

bool PassedSockets::holds(const std::string& path) const {
  return std::any_of(sockets_.begin(), sockets_.end(), [&](const Passed& socket) {
    return net::Endpoint::local(socket.fd.get()).path() == path;
  });
}

}  // namespace reprise::app
