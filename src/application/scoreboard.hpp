#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <string_view>

#include "shm/counter.hpp"
#include "shm/rows.hpp"

namespace reprise::application {

// A short text that one process writes and others read: cut to its room, and possibly torn when it
// changes just then, so for people alone.
template <std::size_t room>
class SharedText {
public:
  void set(std::string_view text) noexcept {
    const std::size_t size = text.size() < room ? text.size() : room;
    size_.store(0, std::memory_order_relaxed);
    std::copy_n(text.data(), size, text_);
    size_.store(size, std::memory_order_release);
  }
  std::string_view get() const noexcept {
    const std::size_t size = size_.load(std::memory_order_acquire);
    return {text_, size < room ? size : room};
  }

private:
  std::atomic<std::size_t> size_{0};
  char text_[room] = {};
};

// One thread of a worker.
struct alignas(64) CoreRow {
  shm::Counter requests;
  shm::Counter files;  // of these, answered without the application
  shm::Counter read_errors;
  shm::Counter write_errors;
  shm::Counter busy;           // 1 inside a request
  shm::Counter started;        // Unix time of the request under way
  shm::Counter started_ticks;  // monotonic milliseconds, for harakiri; 0: not counted
  shm::Counter patience;       // seconds, 0: as configured (set_user_harakiri)
  SharedText<64> client;
  SharedText<16> method;
  SharedText<256> uri;
};

// One worker, whichever process is in its place.
struct alignas(64) WorkerRow {
  shm::Counter pid;
  shm::Counter accepting;
  shm::Counter requests;
  shm::Counter since_spawn;  // requests of the process that is there now
  shm::Counter exceptions;
  shm::Counter harakiris;
  shm::Counter spawns;
  shm::Counter last_spawn;    // Unix time
  shm::Counter running_time;  // microseconds in requests
  shm::Counter average_time;  // microseconds: the mean of the last one and the one before
  shm::Counter sent;          // bytes, heads included
  shm::Counter ending;        // 1: asked to end, or about to
};

// One application, of one worker.
struct alignas(64) AppRow {
  shm::Counter requests;
  shm::Counter exceptions;
};

// One application, as loaded.
struct alignas(64) LoadedRow {
  shm::Counter loaded;
  shm::Counter seconds;
  SharedText<128> mountpoint;
};

struct alignas(64) CommonRow {
  shm::Counter requests;      // of all workers
  shm::Counter predecessors;  // parents of the generation before a reload that still serve
};

inline constexpr std::size_t max_apps = 64;

// What the processes of the applications tell of themselves, in shared memory.
class Scoreboard {
public:
  // Throws std::system_error.
  Scoreboard(std::size_t workers, std::size_t cores)
      : workers_("reprise-workers", workers),
        cores_("reprise-cores", workers * cores),
        apps_("reprise-apps", workers * max_apps),
        loaded_("reprise-loaded", max_apps),
        common_("reprise-common", 1),
        cores_each_(cores) {}

  std::size_t workers() const { return workers_.size(); }
  std::size_t cores() const { return cores_each_; }
  WorkerRow& worker(std::size_t i) const { return workers_.row(i); }
  CoreRow& core(std::size_t worker, std::size_t core) const {
    return cores_.row(worker * cores_each_ + core);
  }
  AppRow& app(std::size_t worker, std::size_t app) const {
    return apps_.row(worker * max_apps + app);
  }
  LoadedRow& loaded(std::size_t app) const { return loaded_.row(app); }
  CommonRow& common() const { return common_.row(0); }

private:
  shm::Rows<WorkerRow> workers_;
  shm::Rows<CoreRow> cores_;
  shm::Rows<AppRow> apps_;
  shm::Rows<LoadedRow> loaded_;
  shm::Rows<CommonRow> common_;
  std::size_t cores_each_;
};

}  // namespace reprise::application
