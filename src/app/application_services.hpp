#pragma once

#include <functional>
#include <mutex>

#include "application/host.hpp"
#include "sync/replicated_cache.hpp"

namespace reprise::app {

class Node;

// What applications may ask of this node. In the application parent and its workers.
class ApplicationServices final : public application::Services {
public:
  // `node` outlives this.
  ApplicationServices(const Node& node, pid_t master);

  void set_worker(unsigned worker) { worker_ = worker; }

  void log(std::string_view line) override;
  void app_loaded(const Loaded& app) override;
  void app_failed(std::size_t id, std::string_view mountpoint) override;
  std::string version() const override;
  std::string binary() const override;
  pid_t master() const override { return master_; }
  const application::Scoreboard& scoreboard() const override;
  unsigned worker() const override { return worker_; }
  LockResult lock(std::size_t number) override;
  bool unlock(std::size_t number) override;
  std::optional<bool> is_locked(std::size_t number) override;
  bool ask_master(application::MasterRequest request) override;

  bool has_cache(std::string_view cache) override { return find(cache) != nullptr; }
  std::optional<std::string> cache_get(std::string_view key, std::string_view cache) override;
  bool cache_exists(std::string_view key, std::string_view cache) override;
  bool cache_set(std::string_view key, std::string_view value, std::uint64_t expires,
                 std::string_view cache, bool update) override;
  bool cache_delete(std::string_view key, std::string_view cache) override;
  bool cache_clear(std::string_view cache) override;
  bool cache_change(std::string_view key, Operation operation, std::int64_t operand,
                    std::uint64_t expires, std::string_view cache) override;
  std::int64_t cache_number(std::string_view key, std::string_view cache) override;
  std::vector<std::string> cache_keys(std::string_view cache) override;

private:
  sync::ReplicatedCache* find(std::string_view name) const;

  const Node& node_;
  const pid_t master_;
  unsigned worker_ = 0;
  std::mutex telling_;  // peers are told by one thread at a time
};

}  // namespace reprise::app
