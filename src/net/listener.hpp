#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>

#include "base/unique_fd.hpp"
#include "net/address.hpp"

namespace reprise::net {

// spec/process/process-model.md 11.
struct ListenOptions {
  int backlog = 100;
  int send_buffer = 0;  // SO_SNDBUF, bytes; 0: the system's choice
  int receive_buffer = 0;
  // For TCP.
  bool keepalive = false;
  int fast_open = 0;             // TCP_FASTOPEN, length of the queue; 0: off
  int defer_accept_seconds = 0;  // TCP_DEFER_ACCEPT; 0: off
  bool reuse_port = false;
  bool freebind = false;
  // For unix sockets in the file system.
  std::optional<mode_t> mode;
  std::optional<uid_t> owner;
  std::optional<gid_t> group;
  // Of any family: only to see whether it could be done. A unix socket goes with its Listener.
  bool provisional = false;
};

// A socket that listens: bound in the master before the fork, accepted from in the workers, handed
// to the next program at a reload. Non-blocking; TCP_NODELAY is set here and inherited by what is
// accepted.
class Listener {
public:
  // `address` as in the options: "host:port", ":port", "[v6]:port", a path, "@abstract".
  // A unix socket at the path that nobody answers at is replaced; one that is answered is in use.
  // Throws std::system_error ("bind ADDRESS") or std::invalid_argument for an address that is none
  // or does not resolve.
  static Listener bind(std::string_view address, const ListenOptions& options);

  // Throws what bind() would, and leaves nothing behind: TCP is bound and closed again without
  // listening, of a unix socket's path only its directory is looked at.
  static void try_out(std::string_view address, const Endpoint& endpoint,
                      const ListenOptions& options);

  // Takes over what an earlier program, or another one, bound to the same address. What can still
  // be changed becomes as in `options`. Throws std::system_error.
  static Listener adopt(std::string_view address, UniqueFd fd, const ListenOptions& options);

  Listener(Listener&& other) noexcept;
  Listener& operator=(Listener&& other) = delete;
  ~Listener();

  const std::string& address() const { return address_; }  // as written
  std::string bound_name() const;                          // "127.0.0.1:37091", or the path
  // Removes a unix socket from the file system and returns its path; an empty text if there is none
  // to remove, or if another one stands at the path by now.
  std::string remove_socket_file() const;
  int fd() const { return fd_.get(); }

private:
  // What stands at a path.
  struct FileId {
    dev_t device = 0;
    ino_t inode = 0;
    bool operator==(const FileId&) const = default;
  };

  Listener(std::string address, UniqueFd fd, bool provisional);
  static FileId file_at(const std::string& path);
  std::string unix_path() const;

  std::string address_;
  UniqueFd fd_;
  FileId file_;  // of a unix socket
  bool provisional_;
};

}  // namespace reprise::net
