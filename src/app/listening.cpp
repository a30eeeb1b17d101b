#include "app/listening.hpp"

#include <optional>
#include <stdexcept>
#include <system_error>

#include "compat/messages.hpp"
#include "process/privileges.hpp"

namespace reprise::app {
namespace {

// Of unix sockets.
void set_file_options(const process::Settings& settings, net::ListenOptions& options) {
  options.mode = settings.socket_mode;
  const std::string& owner = settings.socket_owner.text;
  if (owner.empty()) return;
  at_origin(settings.socket_owner.origin, [&] {
    const process::Identity identity = process::resolve_owner(owner);
    options.owner = identity.uid;
    options.group = identity.gid;
  });
}

// What the former generation bound to the address, however that was written.
std::optional<UniqueFd> take_listener(process::Handover& inherited, const std::string& kind,
                                      const std::string& address) {
  if (auto fd = inherited.take(kind, address)) return fd;
  const net::Endpoint wanted = net::resolve(address, net::Role::listen);
  return inherited.take_if(kind, [&](int fd) { return net::Endpoint::local(fd) == wanted; });
}

}  // namespace

net::ListenOptions listen_options(const process::Settings& settings, Purpose purpose) {
  net::ListenOptions options;
  options.provisional = purpose == Purpose::check;
  options.backlog = settings.listen_backlog;
  options.defer_accept_seconds = settings.defer_accept ? settings.socket_timeout : 0;
  options.reuse_port = settings.reuse_port;
  options.freebind = settings.freebind;
  options.keepalive = settings.keepalive;
  options.fast_open = settings.fast_open;
  options.send_buffer = settings.send_buffer;
  options.receive_buffer = settings.receive_buffer;
  set_file_options(settings, options);
  return options;
}

net::ListenOptions for_address(const process::Settings& settings, const std::string& address,
                               net::ListenOptions options) {
  for (const auto& shared : settings.shared_sockets) {
    if (shared.address.text == address && !shared.deferred) options.defer_accept_seconds = 0;
  }
  return options;
}

net::Listener make_listener(process::Handover& inherited, const std::string& kind,
                            const Written& address, const net::ListenOptions& options) {
  return at_origin(address.origin, [&] {
    if (auto fd = take_listener(inherited, kind, address.text)) {
      return net::Listener::adopt(address.text, std::move(*fd), options);
    }
    try {
      return net::Listener::bind(address.text, options);
    } catch (const std::system_error& e) {
      const bool in_use = e.code() == std::errc::address_in_use;
      throw std::runtime_error(compat::cannot_bind(address.text, in_use, e.code().message()));
    }
  });
}

}  // namespace reprise::app
