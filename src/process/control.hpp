#pragma once

#include <sys/stat.h>

#include <optional>
#include <string>
#include <vector>

#include "base/unique_fd.hpp"

namespace reprise::process {

// What an operator may ask of a running master by files.
enum class Order {
  stop,
  stop_gracefully,  // what is under way ends first
  reload,
  reload_brutally,
  print_status,
  write_pidfiles,
  pause,           // accept nothing until it is ordered again
  reload_workers,  // of applications: each is replaced
  chain_reload,    // the same, one after the other
  reopen_log,
  rotate_log,
  none,  // a letter that means nothing here
};

struct Request {
  Order order = Order::none;
  char letter = 0;      // of the fifo; 0: a file was touched
  std::string subject;  // that file, or the fifo that is to be listened to from now on
};

// A fifo that takes orders by letters, one of several at a time
// (spec/process/process-model.md 6.7): a digit chooses another one. Readable and writable for their
// owner alone.
class OrderFifo {
public:
  // Makes the files, in place of fifos of the same names. Throws std::system_error, and
  // std::runtime_error if a file of that name is no fifo.
  explicit OrderFifo(std::vector<std::string> paths);

  // Becomes readable when there are orders; -1 if there is no fifo.
  int fd() const { return fd_.get(); }
  // The next, if there is one. Line ends and blanks mean nothing.
  std::optional<Request> next();

private:
  void listen_at(std::size_t slot);

  std::vector<std::string> paths_;
  UniqueFd fd_;
};

// Throws what OrderFifo would, and changes nothing.
void check_fifo(const std::string& path);

// A file that orders something when it changes, comes or goes (6.6).
struct Touch {
  std::string path;
  Order order = Order::reload;
};

class TouchedFiles {
public:
  explicit TouchedFiles(const std::vector<Touch>& files);

  // What a file orders that has changed since it was asked for last.
  std::optional<Request> next();

private:
  struct Seen {
    Touch file;
    std::optional<timespec> changed;  // none: not there
  };
  std::vector<Seen> files_;
};

}  // namespace reprise::process
