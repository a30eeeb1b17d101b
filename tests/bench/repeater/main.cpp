// What forwarding costs: a repeater beside a bare loop of recvmmsg() and sendmmsg(), which sends
// the same datagrams to the same members and looks at none. In turns, in one run; each in a process
// of its own, whose CPU time counts. Nothing is lost: the next burst comes when one is done with.
//
//   bench_repeater [members [bytes [bursts [rounds]]]]
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <string>
#include <vector>

#include "net/datagram.hpp"
#include "net/reactor.hpp"
#include "repeater/gateway.hpp"
#include "repeater/incoming.hpp"

namespace {

using namespace reprise;

constexpr std::size_t burst = 64;

net::Endpoint any_port() {
  return net::resolve("127.0.0.1:0", net::Role::listen);
}

struct Setting {
  std::size_t members = 8;
  std::size_t bytes = 300;
  std::size_t bursts = 2000;
  std::size_t rounds = 7;
};

// A member's socket, whose buffer is too small to keep much: what it is sent is dropped at once.
UniqueFd make_member() {
  UniqueFd fd = net::bind_datagram(any_port(), {});
  const int least = 0;
  ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUF, &least, sizeof least);
  return fd;
}

double cpu_of(pid_t pid) {
  clockid_t clock{};
  timespec time{};
  if (::clock_getcpuclockid(pid, &clock) != 0 || ::clock_gettime(clock, &time) != 0) std::abort();
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

// Receives a batch, and sends each datagram of it to all members but its sender.
[[noreturn]] void run_bare(int fd, const std::vector<net::Endpoint>& members,
                           std::atomic<std::uint64_t>& done) {
  static std::array<std::array<char, 2048>, burst> bytes;
  std::array<iovec, burst> parts;
  std::array<sockaddr_storage, burst> sources;
  std::array<mmsghdr, burst> in{};
  std::array<mmsghdr, burst> out{};
  for (std::size_t i = 0; i < burst; ++i) {
    parts[i] = {bytes[i].data(), bytes[i].size()};
    in[i].msg_hdr.msg_iov = &parts[i];
    in[i].msg_hdr.msg_iovlen = 1;
    in[i].msg_hdr.msg_name = &sources[i];
  }
  std::array<iovec, burst> lengths;
  std::size_t held = 0;
  const auto flush = [&] {
    for (std::size_t at = 0; at < held;) {
      const int sent = ::sendmmsg(fd, &out[at], static_cast<unsigned>(held - at), 0);
      at += sent > 0 ? static_cast<std::size_t>(sent) : 1;
    }
    held = 0;
  };
  for (;;) {
    for (mmsghdr& message : in)
      message.msg_hdr.msg_namelen = sizeof(sockaddr_storage);
    const int count = ::recvmmsg(fd, in.data(), burst, MSG_WAITFORONE, nullptr);
    for (std::size_t i = 0; count > 0 && i < static_cast<std::size_t>(count); ++i) {
      const net::Endpoint source(reinterpret_cast<const sockaddr*>(&sources[i]),
                                 in[i].msg_hdr.msg_namelen);
      for (const net::Endpoint& member : members) {
        if (member == source) continue;
        if (held == burst) flush();
        lengths[held] = {bytes[i].data(), in[i].msg_len};
        out[held].msg_hdr.msg_iov = &lengths[held];
        out[held].msg_hdr.msg_iovlen = 1;
        out[held].msg_hdr.msg_name = const_cast<sockaddr*>(member.data());
        out[held].msg_hdr.msg_namelen = member.size();
        ++held;
      }
    }
    flush();
    if (count > 0) done.fetch_add(static_cast<std::uint64_t>(count));
  }
}

[[noreturn]] void run_repeater(int fd, repeater::Room& room) {
  net::asio::io_context io(net::one_thread);
  repeater::Trust trust;
  trust.is_trusted = [](const net::Endpoint&) { return false; };
  repeater::Gateway gateway(io, {room, trust, fd, {}});
  gateway.start();
  net::Reactor::of(io).run();
  std::_Exit(1);
}

// Datagrams that a process forwards in a second of its CPU time.
double measure(const Setting& setting, const std::vector<UniqueFd>& members,
               const net::Endpoint& target, const std::function<std::uint64_t()>& done, pid_t pid) {
  static std::uint64_t number = 0;
  std::string datagram{"\xC5\x9E\x01\x00", 4};
  datagram.resize(setting.bytes, '\x5a');
  std::fill_n(datagram.begin() + 8, 4, '\0');  // to everybody
  const auto send_bursts = [&](std::size_t bursts) {
    for (std::size_t i = 0; i < bursts; ++i) {
      const std::uint64_t before = done();
      for (std::size_t j = 0; j < burst; ++j) {
        ++number;
        std::memcpy(&datagram[24], &number, sizeof number);
        ::sendto(members[number % members.size()].get(), datagram.data(), datagram.size(), 0,
                 target.data(), target.size());
      }
      while (done() < before + burst)
        ::sched_yield();
    }
  };
  send_bursts(setting.bursts / 10 + 1);
  const double begun = cpu_of(pid);
  send_bursts(setting.bursts);
  return static_cast<double>(setting.bursts * burst) / (cpu_of(pid) - begun);
}

class Child {
public:
  template <class Life>
  explicit Child(Life life) : pid_(::fork()) {
    if (pid_ == 0) life();
  }
  ~Child() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  pid_t pid() const { return pid_; }

private:
  pid_t pid_;
};

double median(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + static_cast<long>(values.size() / 2),
                   values.end());
  return values[values.size() / 2];
}

}  // namespace

int main(int argc, char** argv) {
  Setting setting;
  std::size_t* const numbers[] = {&setting.members, &setting.bytes, &setting.bursts,
                                  &setting.rounds};
  for (int i = 1; i < argc && i <= 4; ++i)
    *numbers[i - 1] = std::strtoul(argv[i], nullptr, 10);
  setting.bytes = std::clamp<std::size_t>(setting.bytes, seal::overhead, 2048);
  std::vector<UniqueFd> members;
  std::vector<net::Endpoint> endpoints;
  std::vector<repeater::Address> addresses;
  for (std::size_t i = 0; i < setting.members; ++i) {
    members.push_back(make_member());
    endpoints.push_back(net::Endpoint::local(members.back().get()));
    addresses.push_back(*repeater::Address::of(endpoints.back()));
  }
  void* const shared =
      ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  auto& bare_done = *::new (shared) std::atomic<std::uint64_t>(0);
  UniqueFd bare_fd = net::bind_datagram(any_port(), {});
  ::fcntl(bare_fd.get(), F_SETFL, 0);  // it waits in recvmmsg()
  const UniqueFd repeater_fd = net::bind_datagram(any_port(), {});
  repeater::set_hop_options(repeater_fd.get());
  repeater::SharedRoom room;
  repeater::Members(*room).configure(addresses, repeater::now());
  const Child bare([&] { run_bare(bare_fd.get(), endpoints, bare_done); });
  const Child ours([&] { run_repeater(repeater_fd.get(), *room); });
  std::vector<double> bare_rates, our_rates, ratios;
  for (std::size_t round = 0; round < setting.rounds; ++round) {
    bare_rates.push_back(measure(
        setting, members, net::Endpoint::local(bare_fd.get()), [&] { return bare_done.load(); },
        bare.pid()));
    our_rates.push_back(measure(
        setting, members, net::Endpoint::local(repeater_fd.get()),
        [&] { return room->counters.received.get(); }, ours.pid()));
    ratios.push_back(our_rates.back() / bare_rates.back());
  }
  const std::uint64_t forwarded = room->counters.forwarded.get();
  const std::uint64_t received = room->counters.received.get();
  std::printf(
      "| members | bytes | bare loop, datagrams/s of CPU | repeater | repeater/bare |\n"
      "|---|---|---|---|---|\n| %zu | %zu | %.0f | %.0f | %.2f |\n",
      setting.members, setting.bytes, median(bare_rates), median(our_rates), median(ratios));
  if (forwarded == received) return 0;
  std::fprintf(stderr, "only %llu of %llu were forwarded: a member sends 50,000 a second at most\n",
               static_cast<unsigned long long>(forwarded),
               static_cast<unsigned long long>(received));
  return 1;
}
