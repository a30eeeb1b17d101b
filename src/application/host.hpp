#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "application/scoreboard.hpp"
#include "application/settings.hpp"
#include "base/bytes.hpp"

// What the workers and a language's module, which is loaded at run time, know of each other.
// Virtual functions and plain data only: the module links nothing of ours.
namespace reprise::application {

using Variable = std::pair<std::string_view, std::string_view>;

enum class ReadStatus { ok, timed_out, closed, malformed, too_long };

// One request and its answer. For one thread; whatever reads or writes may wait.
class Exchange {
public:
  virtual ~Exchange() = default;

  // In the order in which they came; unique names.
  virtual std::span<const Variable> variables() const = 0;
  // Empty if there is none.
  virtual std::string_view variable(std::string_view name) const = 0;
  virtual int fd() const = 0;

  struct Piece {
    std::size_t bytes = 0;  // 0 with `ok`: the body has ended
    ReadStatus status = ReadStatus::ok;
  };
  // The next bytes of the body, as soon as there are some.
  virtual Piece read_body(Buffer into) = 0;
  // Of a body whose length is known.
  virtual std::uint64_t body_length() const = 0;
  virtual std::uint64_t body_consumed() const = 0;
  // The body was sent without a length, and its end is known all the same.
  virtual bool body_is_chunked() const = 0;
  // False unless the whole body has been read beforehand (post-buffering).
  virtual bool seek_body(std::uint64_t position) = 0;

  // The answer's head: "200 OK", and whole field lines. Replaces one that has not been sent.
  virtual void start_answer(int status, std::string_view status_text, std::string_view fields,
                            unsigned field_count) = 0;
  virtual bool started() const = 0;
  virtual bool head_sent() const = 0;
  // Sends the head if that has not been done. False: nobody reads it any more.
  virtual bool write(Bytes body) = 0;
  virtual bool send_file(int fd, std::uint64_t offset, std::uint64_t count) = 0;
  // What has been sent can not be finished, and whoever reads it shall see that.
  virtual void give_up() = 0;

  // For counters and the log: whose application it was, and that it failed.
  virtual void served_by(std::size_t app) = 0;
  virtual void count_exception() = 0;
  virtual void set_log_variable(std::string_view name, std::string_view value) = 0;
  virtual void log_this_request() = 0;
};

// One thread of a worker. Made, used and destroyed in that thread.
class Core {
public:
  virtual ~Core() = default;
  // Always leads to an answer, or to a connection that is given up.
  virtual void serve(Exchange& exchange) = 0;
};

// A language with its applications. First in the application parent, then in the workers, which
// are forks of it.
class Host {
public:
  virtual ~Host() = default;

  // Loads the applications, logs what becomes of each, and says how many there are.
  virtual std::size_t load() = 0;

  virtual void before_fork() = 0;
  virtual void after_fork_in_parent() = 0;
  virtual void after_fork_in_worker(unsigned worker) = 0;

  // `id` counts from 0. The one with 0 runs in the main thread.
  virtual std::unique_ptr<Core> make_core(unsigned id) = 0;
  // The worker ends in an orderly way: in its main thread, when the others have ended.
  virtual void end() = 0;
};

// What an application may want of the master.
enum class MasterRequest : std::uint64_t { none, reload, stop };

// What a host may ask of the rest of the program. Callable from all threads.
class Services {
public:
  virtual ~Services() = default;

  virtual void log(std::string_view line) = 0;

  struct Loaded {
    std::size_t id = 0;
    std::string_view mountpoint;
    std::uint64_t seconds = 0;
    const void* interpreter = nullptr;
    bool is_default = false;
  };
  virtual void app_loaded(const Loaded& app) = 0;
  virtual void app_failed(std::size_t id, std::string_view mountpoint) = 0;

  virtual std::string version() const = 0;
  virtual std::string binary() const = 0;
  virtual pid_t master() const = 0;
  virtual const Scoreboard& scoreboard() const = 0;
  // In a worker; 0 in the parent.
  virtual unsigned worker() const = 0;
  // False if it cannot be asked.
  virtual bool ask_master(MasterRequest request) = 0;

  // Locks between workers, by number.
  enum class LockResult { locked, unknown, held_already };  // by this thread
  virtual LockResult lock(std::size_t number) = 0;
  // False: there is none of that number.
  virtual bool unlock(std::size_t number) = 0;
  // Nothing if there is none of that number.
  virtual std::optional<bool> is_locked(std::size_t number) = 0;

  // Caches, by name; an empty name is the first one's. Changes are told to peers.
  virtual bool has_cache(std::string_view cache) = 0;
  virtual std::optional<std::string> cache_get(std::string_view key, std::string_view cache) = 0;
  virtual bool cache_exists(std::string_view key, std::string_view cache) = 0;
  // `expires`: in so many seconds; 0: never.
  virtual bool cache_set(std::string_view key, std::string_view value, std::uint64_t expires,
                         std::string_view cache, bool update) = 0;
  virtual bool cache_delete(std::string_view key, std::string_view cache) = 0;
  virtual bool cache_clear(std::string_view cache) = 0;
  enum class Operation { increment, decrement, multiply, divide };
  virtual bool cache_change(std::string_view key, Operation operation, std::int64_t operand,
                            std::uint64_t expires, std::string_view cache) = 0;
  virtual std::int64_t cache_number(std::string_view key, std::string_view cache) = 0;
  virtual std::vector<std::string> cache_keys(std::string_view cache) = 0;
};

// The one symbol that a module exports. Both references outlive the host.
inline constexpr char make_host_symbol[] = "reprise_make_host";
using MakeHost = Host* (*)(const Settings&, Services&);

}  // namespace reprise::application
