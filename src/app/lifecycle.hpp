#pragma once

#include <functional>
#include <string>
#include <vector>

#include "app/log_output.hpp"
#include "app/node.hpp"
#include "process/master.hpp"

namespace reprise::app {

// Turns what the master tells into uWSGI's lines and the scoreboard's rows.
class Lifecycle final : public process::MasterObserver {
public:
  // References outlive the object. `children` are the node's, keeper first; `configuration` is what
  // SIGUSR1 prints; `write_pidfiles` throws std::exception if it fails.
  Lifecycle(const Node& node, const std::vector<process::ChildSpec>& children,
            const std::string& configuration, LogOutput& log, std::function<void()> write_pidfiles)
      : node_(node),
        children_(children),
        configuration_(configuration),
        log_(log),
        write_pidfiles_(std::move(write_pidfiles)) {}

  void spawned(std::size_t place, pid_t pid, bool again) override;
  void died(std::size_t place, pid_t pid, int wait_status) override;
  void buried(const std::string& name, pid_t pid) override;
  void stopping(bool graceful) override;
  void reloading(bool brutal) override;
  void reload_refused() override;
  void print_status() override;
  void write_pidfiles() override;
  void pause_or_resume() override;
  void renew_log(bool rotate) override;
  process::Order due() override;
  void ordered(const process::Request& request) override;
  int wanted_signal() override;

private:
  bool is_applications(std::size_t place) const;

  const Node& node_;
  const std::vector<process::ChildSpec>& children_;
  const std::string& configuration_;
  LogOutput& log_;
  std::function<void()> write_pidfiles_;
};

}  // namespace reprise::app
