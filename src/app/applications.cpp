#include "app/applications.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "application/module_file.hpp"
#include "compat/worker_messages.hpp"

namespace reprise::app {
namespace {

constexpr int private_backlog = 1024;
// Names what is spoken over it too: a program that speaks otherwise makes its own.
constexpr char handover_kind[] = "applications-framed";

// Under a name that the kernel chooses, in no directory. Others may connect; the workers let only
// processes of their own user in.
UniqueFd make_private_socket(process::Handover& inherited) {
  if (auto fd = inherited.take(handover_kind, "")) return std::move(*fd);
  UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  sockaddr_un any{};
  any.sun_family = AF_UNIX;
  if (!fd || ::bind(fd.get(), reinterpret_cast<sockaddr*>(&any), sizeof any.sun_family) != 0 ||
      ::listen(fd.get(), private_backlog) != 0) {
    throw std::system_error(errno, std::system_category(), "the applications' socket");
  }
  return fd;
}

}  // namespace

Applications::Applications(const application::Settings& settings, bool embedded,
                           process::Handover& inherited)
    : module_file_(application::find_python_module()),
      scoreboard_(static_cast<std::size_t>(settings.processes),
                  static_cast<std::size_t>(settings.threads)),
      locks_(static_cast<std::size_t>(settings.locks) + 1) {
  if (embedded) private_socket_ = make_private_socket(inherited);
}

std::optional<router::BackendAddress> Applications::backend() const {
  if (!private_socket_) return std::nullopt;
  const net::Endpoint endpoint = net::Endpoint::local(private_socket_.get());
  return router::BackendAddress{endpoint.text(), endpoint, /*frames=*/true};
}

bool Applications::is_serving() const {
  for (std::size_t i = 0; i < scoreboard_.workers(); ++i) {
    if (scoreboard_.worker(i).accepting.get() != 0) return true;
  }
  return false;
}

void Applications::hand_over(process::Handover& handover) const {
  for (const net::Listener& listener : listeners_)
    handover.add("listener", listener.address(), listener.fd());
  if (private_socket_) handover.add(handover_kind, "", private_socket_.get());
}

std::vector<application::Socket> Applications::sockets(
    const application::Settings& settings) const {
  std::vector<application::Socket> all;
  for (std::size_t i = 0; i < listeners_.size(); ++i) {
    all.push_back({listeners_[i].fd(), settings.sockets[i].protocol, listeners_[i].bound_name(),
                   /*is_ours=*/false});
  }
  if (private_socket_) {
    all.push_back({private_socket_.get(), application::Protocol::uwsgi, "", /*is_ours=*/true});
  }
  return all;
}

std::vector<std::string> Applications::announcements() const {
  std::vector<std::string> lines;
  for (const net::Listener& listener : listeners_)
    lines.push_back(compat::socket_bound(lines.size(), listener.bound_name(), listener.fd()));
  if (private_socket_) {
    lines.push_back(compat::socket_bound(lines.size(), backend()->written, private_socket_.get()));
  }
  return lines;
}

}  // namespace reprise::app
