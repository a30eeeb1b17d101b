#pragma once

#include <string>
#include <vector>

#include "base/unique_fd.hpp"
#include "config/config.hpp"
#include "process/handover.hpp"

namespace reprise::app {

// Listening sockets that whoever started the program gave to it: systemd (sd_listen_fds(3)), or a
// descriptor that `fd://N` names. They are kept for all reloads.
class PassedSockets {
public:
  // At a first start what the environment and `config` tell of, at a reload what `inherited`
  // brings. To be called before anything else is opened: numbers would be taken.
  PassedSockets(process::Handover& inherited, const config::Config& config);

  // Offers them by `inherited` to the listeners of `config` that name them, or listen at the same
  // address. What systemd passed and nobody wants becomes a socket of the applications, if there
  // are any, as in uWSGI. Returns the lines to log. Throws std::runtime_error if nothing listens
  // then.
  std::vector<std::string> offer(config::Config& config, process::Handover& inherited) const;

  // For the next generation.
  void hand_over(process::Handover& handover) const;

  // True if the socket at the path is systemd's to remove.
  bool holds(const std::string& path) const;

private:
  struct Passed {
    int number;  // it came with
    UniqueFd fd;
    bool by_systemd;
  };

  void take(int number, bool by_systemd);
  void take_from_systemd();
  void take_from_former(process::Handover& inherited);

  std::vector<Passed> sockets_;
  std::vector<std::string> lines_;
};

}  // namespace reprise::app
