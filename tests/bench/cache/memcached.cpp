#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <memory>
#include <string>

#include <fmt/format.h>

#include "subject.hpp"

namespace reprise::bench {
namespace {

// A memcached of our own on a unix socket, spoken to in its text protocol.
class Memcached final : public Subject {
public:
  Memcached() : path_(fmt::format("/tmp/reprise-bench-{}.sock", ::getpid())), owner_(::getpid()) {
    server_ = ::fork();
    if (server_ == 0) {
      ::execlp("memcached", "memcached", "-u", "nobody", "-m", "2048", "-t", "1", "-a", "0777",
               "-s", path_.c_str(), static_cast<char*>(nullptr));
      ::_exit(127);
    }
    connect();
  }
  ~Memcached() override {
    ::close(socket_);
    if (::getpid() != owner_) return;
    ::kill(server_, SIGTERM);
    ::waitpid(server_, nullptr, 0);
    ::unlink(path_.c_str());
  }
  bool is_there() const { return socket_ >= 0; }

  bool get(const Key& key, std::string& value) override {
    answer(fmt::format("get {}\r\n", name(key)), "END\r\n");
    const std::size_t begin = answer_.find("\r\n") + 2;
    if (!answer_.starts_with("VALUE")) return false;
    value.assign(answer_, begin, answer_.size() - begin - std::strlen("\r\nEND\r\n"));
    return true;
  }
  bool set(const Key& key, std::string_view value) override { return store("add", key, value); }
  bool update(const Key& key, std::string_view value) override { return store("set", key, value); }
  void erase(const Key& key) override { answer(fmt::format("delete {}\r\n", name(key)), "\r\n"); }
  void in_child() override { connect(); }

private:
  static std::string name(const Key& key) {
    return fmt::format("{:016x}{:016x}{:016x}{:016x}", key.words[0], key.words[1], key.words[2],
                       key.words[3]);
  }
  bool store(const char* how, const Key& key, std::string_view value) {
    answer(fmt::format("{} {} 0 0 {}\r\n{}\r\n", how, name(key), value.size(), value), "\r\n");
    return answer_ == "STORED\r\n";
  }
  void connect() {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path_.copy(address.sun_path, sizeof address.sun_path - 1);
    for (int i = 0; i < 200; ++i) {
      socket_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
      if (::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) return;
      ::close(socket_);
      socket_ = -1;
      if (::waitpid(server_, nullptr, WNOHANG) == server_) return;  // there is none
      ::usleep(10000);
    }
  }
  void answer(const std::string& request, std::string_view end) {
    answer_.clear();
    if (::send(socket_, request.data(), request.size(), MSG_NOSIGNAL) < 0) return;
    while (!answer_.ends_with(end)) {
      char buffer[4096];
      const ssize_t n = ::recv(socket_, buffer, sizeof buffer, 0);
      if (n <= 0) return;
      answer_.append(buffer, static_cast<std::size_t>(n));
    }
  }

  std::string path_;
  pid_t owner_;
  pid_t server_ = -1;
  int socket_ = -1;
  std::string answer_;
};

}  // namespace

std::unique_ptr<Subject> make_memcached(std::size_t, std::size_t) {
  auto subject = std::make_unique<Memcached>();
  if (!subject->is_there()) return nullptr;
  return subject;
}

}  // namespace reprise::bench
