#pragma once

#include <sys/types.h>

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/unique_fd.hpp"

namespace reprise::process {

// What a master gives to the program that it execs at a reload: same pid, new configuration.
// Descriptors travel by number, their meaning in one environment variable.
class Handover {
public:
  struct Descriptor {
    std::string kind;  // "listener", "stats", "cache", "udp", "udp-sender", "cache-tcp"
    std::string name;  // the address or cache name it was made for
    UniqueFd fd;
  };
  struct Child {
    std::string name;  // "uWSGI http 1"
    pid_t pid = 0;
  };

  // What this program was given, and forgets from the environment; empty at a first start. Numbers
  // that are no open descriptors are left out.
  static Handover receive();

  void add(std::string kind, std::string name, int fd);  // duplicates the descriptor
  void add_child(std::string name, pid_t pid);
  void set_brutal(bool brutal) { brutal_ = brutal; }

  // The descriptor made for `name`, once; nothing if there is none.
  std::optional<UniqueFd> take(std::string_view kind, std::string_view name);

  // The first of a kind that `wanted` (given the descriptor's number) says yes to.
  std::optional<UniqueFd> take_if(std::string_view kind, const std::function<bool(int)>& wanted);

  // Closes what nobody took.
  void close_rest() { descriptors_.clear(); }

  // The former generation's children: alive, to be told to end, to be waited for.
  const std::vector<Child>& children() const { return children_; }
  // They are not to finish what they are doing.
  bool brutal() const { return brutal_; }
  // True in a program that took over from another.
  bool is_reload() const { return reload_; }

  // Makes the descriptors survive an exec and puts their list into the environment.
  void send() const;
  // Undoes send() after an exec that failed.
  static void withdraw();

  // The list as text, one `kind TAB name TAB number` a line with names percent-encoded; for send()
  // and tests.
  std::string encode() const;
  // Malformed lines are left out. Takes ownership of the descriptors that it names.
  static Handover decode(std::string_view text);

private:
  template <class Wanted>
  std::optional<UniqueFd> take_first(const Wanted& wanted);

  std::vector<Descriptor> descriptors_;
  std::vector<Child> children_;
  bool brutal_ = false;
  bool reload_ = false;
};

}  // namespace reprise::process
