#pragma once

#include <string>
#include <vector>

#include "app/purpose.hpp"
#include "app/scoreboard.hpp"
#include "application/scoreboard.hpp"
#include "application/settings.hpp"
#include "application/user_locks.hpp"
#include "application/worker.hpp"
#include "net/listener.hpp"
#include "process/handover.hpp"
#include "process/settings.hpp"
#include "router/backends.hpp"

namespace reprise::app {

class Node;

// What a node's applications need and the master makes: sockets, shared memory, the module's place.
// No Python yet.
class Applications {
public:
  // `embedded`: our own routers ask over a private socket. Throws std::runtime_error and
  // std::system_error.
  Applications(const application::Settings& settings, bool embedded, process::Handover& inherited);

  // A listening socket of `settings`, in their order.
  void add(net::Listener listener) { listeners_.push_back(std::move(listener)); }

  const application::Scoreboard& scoreboard() const { return scoreboard_; }
  const application::UserLocks& locks() const { return locks_; }
  const std::vector<net::Listener>& listeners() const { return listeners_; }
  // Where our own routers ask; nothing unless embedded.
  std::optional<router::BackendAddress> backend() const;
  const std::string& module_file() const { return module_file_; }
  ChildRow& parent_row() const { return parent_.row(0); }
  // A worker takes requests.
  bool is_serving() const;
  void hand_over(process::Handover& handover) const;
  std::vector<application::Socket> sockets(const application::Settings& settings) const;
  // uWSGI's lines about sockets.
  std::vector<std::string> announcements() const;

private:
  std::string module_file_;
  application::Scoreboard scoreboard_;
  application::UserLocks locks_;
  shm::Rows<ChildRow> parent_{"reprise-parent", 1};
  std::vector<net::Listener> listeners_;
  UniqueFd private_socket_;
};

// The life of the application parent, or of a worker that it became. Returns the exit status.
int run_applications(const Node& node);

}  // namespace reprise::app
