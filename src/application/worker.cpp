#include "application/worker.hpp"

#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <thread>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "process/master.hpp"
#include "router/answer.hpp"

namespace reprise::application {
namespace {

using std::chrono::steady_clock;

constexpr int end_status = 0;
constexpr int failed_status = 1;
constexpr std::uint64_t longest_kept_body = 64 << 20;  // unless limit-post says more
constexpr std::size_t ending_event = ~std::size_t{0};
constexpr std::size_t looking_event = ending_event - 1;
constexpr std::chrono::milliseconds pause_after_failure{100};

// For the handler.
int ending_fd = -1;
int looking_fd = -1;
pid_t worker_pid = 0;

void write_to(int event) {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(event, &one, sizeof one);
}

void wake_all() {
  write_to(ending_fd);
}

// A process that the application forked has the handler too, and does as if it had none.
void heed(int number) {
  const int before = errno;
  if (::getpid() == worker_pid) {
    write_to(number == process::look_signal ? looking_fd : ending_fd);
  } else {
    ::signal(number, SIG_DFL);
    ::raise(number);
  }
  errno = before;
}

// Handlers, not a mask: programs that the application starts would inherit the mask.
void handle_signals() {
  struct sigaction action {};
  action.sa_handler = heed;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  for (const int number : {SIGTERM, SIGINT, SIGQUIT, SIGHUP, process::look_signal})
    ::sigaction(number, &action, nullptr);
  for (const int number : {SIGUSR1, SIGUSR2, SIGALRM})
    ::signal(number, SIG_DFL);
  ::signal(SIGUSR1, SIG_IGN);
}

bool is_of_this_user(int fd) {
  ucred peer{};
  socklen_t size = sizeof peer;
  if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return false;
  return peer.uid == ::geteuid() || peer.uid == 0;
}

std::uint64_t milliseconds_now() {
  const auto now = coarse_now().time_since_epoch();
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
}

}  // namespace

// One of the worker's threads, with memory of its own.
class Worker::Thread {
public:
  Thread(Worker& worker, unsigned id)
      : worker_(worker),
        environment_(worker.environment_),
        id_(id),
        row_(environment_.scoreboard.core(worker.index_, id)),
        epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
    if (!epoll_) throw std::system_error(errno, std::system_category(), "epoll_create1()");
    watch(worker.ending_.get(), ending_event, EPOLLIN);
    watch(worker.looking_.get(), looking_event, EPOLLIN | EPOLLET);
    set_accepting(!worker.is_paused());
    if (!accepting_) tell_whether_it_accepts();
    for (const Socket& socket : environment_.sockets)
      facts_.push_back(
          {socket.protocol, socket.address, environment_.host_name, /*frames=*/socket.is_ours});
    row_.busy.set(0);
  }

  void run() {
    core_ = worker_.host_.make_core(id_);
    while (!ending_) {
      if (const auto socket = wait()) accept_from(*socket);
    }
  }

private:
  void watch(int fd, std::size_t what, std::uint32_t events) {
    epoll_event event{};
    event.events = events;
    event.data.u64 = what;
    if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0) {
      throw std::system_error(errno, std::system_category(), "epoll_ctl()");
    }
  }

  void set_accepting(bool wanted) {
    if (accepting_ == wanted) return;
    accepting_ = wanted;
    for (std::size_t i = 0; i < environment_.sockets.size(); ++i) {
      const int fd = environment_.sockets[i].fd;
      if (wanted) {
        watch(fd, i, EPOLLIN | EPOLLEXCLUSIVE);
      } else {
        ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr);
      }
    }
  }

  void look() {
    log::follow();
    const bool before = accepting_;
    set_accepting(!worker_.is_paused());
    if (before != accepting_) tell_whether_it_accepts();
  }

  // Once for the worker, not for each of its threads.
  void tell_whether_it_accepts() const {
    if (id_ == 0 && environment_.pause_changed)
      environment_.pause_changed(worker_.index_, !accepting_);
  }

  // A socket at which somebody waits.
  std::optional<std::size_t> wait() {
    epoll_event event{};
    if (::epoll_wait(epoll_.get(), &event, 1, -1) != 1) return {};
    const std::size_t what = event.data.u64;
    if (what == looking_event) {
      look();
      return {};
    }
    ending_ = what == ending_event;
    return ending_ ? std::nullopt : std::optional(what);
  }

  void accept_from(std::size_t index) {
    const Socket& socket = environment_.sockets[index];
    const UniqueFd fd(::accept4(socket.fd, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!fd) {
      if (errno == EAGAIN || errno == EINTR || errno == ECONNABORTED) return;
      log::failure(failures_, "worker.accept",
                   std::system_category().message(errno));  // out of descriptors, say
      std::this_thread::sleep_for(pause_after_failure);
      return;
    }
    if (socket.is_ours && !is_of_this_user(fd.get())) return;
    try {
      serve(fd.get(), facts_[index]);
    } catch (const std::exception& e) {  // out of memory, say
      row_.busy.set(0);
      log::failure(failures_, "worker.request", e.what());
    }
    if (!worker_.has_served_enough()) return;
    worker_.end_soon();
    ending_ = true;
  }

  void serve(int fd, const SocketFacts& socket) {
    const auto begun = steady_clock::now();
    Wire wire(fd, environment_.socket_timeout);
    const auto result = reader_.read(wire, socket, begun + environment_.socket_timeout);
    if (result == RequestReader::Result::refused) {
      wire.send(reader_.refusal(), {});
      wire.linger();
    }
    if (result == RequestReader::Result::malformed) row_.read_errors.add();
    if (result != RequestReader::Result::ok) return;
    RequestFacts facts;
    facts.when = std::chrono::system_clock::now();
    ServedRequest request(wire, reader_, socket, facts);
    begin(facts);
    if (environment_.files != nullptr && environment_.files->serve(request)) {
      row_.files.add();
    } else if (prepare(request)) {
      row_.started_ticks.set(milliseconds_now());
      core_->serve(request);
      row_.started_ticks.set(0);
    }
    request.finish();
    facts.took = std::chrono::duration_cast<std::chrono::microseconds>(steady_clock::now() - begun);
    end(facts, request.exceptions());
  }

  // False if the application is not to see it.
  bool prepare(ServedRequest& request) {
    const Settings& settings = environment_.settings;
    std::uint64_t limit = settings.limit_post;
    if (limit == 0 && settings.post_buffering > 0) limit = longest_kept_body;
    if (limit > 0 && request.body_length() > limit) {
      return refuse(request, protocol::Status::content_too_large);
    }
    request.body().set_limit(limit);
    if (settings.post_buffering == 0) return true;
    switch (request.body().keep(settings.post_buffering)) {
      case ReadStatus::ok:
        return true;
      case ReadStatus::too_long:
        return refuse(request, protocol::Status::content_too_large);
      case ReadStatus::malformed:
        return refuse(request, protocol::Status::bad_request);
      case ReadStatus::timed_out:
        return refuse(request, protocol::Status::request_timeout);
      case ReadStatus::closed:
        request.give_up();
        return false;
    }
    return false;
  }

  bool refuse(ServedRequest& request, protocol::Status status) {
    request.refuse(router::make_answer(status, request.variable("REQUEST_METHOD") != "HEAD"),
                   static_cast<int>(status));
    return false;
  }

  void begin(const RequestFacts& facts) {
    row_.client.set(facts.variable("REMOTE_ADDR"));
    row_.method.set(facts.variable("REQUEST_METHOD"));
    row_.uri.set(facts.variable("REQUEST_URI"));
    row_.patience.set(0);
    row_.started.set(unix_now());
    row_.started_ticks.set(0);
    row_.busy.set(1);
  }

  void end(RequestFacts& facts, unsigned exceptions) {
    row_.requests.add();
    if (facts.write_failed) row_.write_errors.add();
    if (facts.read_failed) row_.read_errors.add();
    facts.core = id_;
    worker_.note(facts, exceptions);
    row_.busy.set(0);
    if (environment_.log_request) environment_.log_request(facts);
  }

  Worker& worker_;
  const Environment& environment_;
  const unsigned id_;
  CoreRow& row_;
  UniqueFd epoll_;
  std::vector<SocketFacts> facts_;
  RequestReader reader_;
  std::unique_ptr<Core> core_;
  bool ending_ = false;
  bool accepting_ = false;
  log::RateLimit failures_;
};

Worker::Worker(const Environment& environment, Host& host, unsigned index)
    : environment_(environment),
      host_(host),
      index_(index),
      row_(environment.scoreboard.worker(index)),
      begun_(steady_clock::now()),
      ending_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      looking_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (!ending_ || !looking_) throw std::system_error(errno, std::system_category(), "eventfd()");
  ending_fd = ending_.get();
  looking_fd = looking_.get();
  worker_pid = ::getpid();
  handle_signals();
  // The order came while signals were passed over.
  if (row_.ending.get() != 0) wake_all();
}

void Worker::note(RequestFacts& facts, unsigned exceptions) {
  const auto took = static_cast<std::uint64_t>(facts.took.count());
  row_.requests.add();
  row_.since_spawn.add();
  row_.exceptions.add(exceptions);
  row_.running_time.add(took);
  row_.average_time.set((row_.average_time.get() + took) / 2);
  row_.sent.add(facts.answer_head_size + facts.answer_body_size);
  facts.worker_requests = row_.requests.get();
  facts.pid = ::getpid();
  facts.worker = index_ + 1;
  environment_.scoreboard.common().requests.add();
  facts.all_requests = environment_.scoreboard.common().requests.get();
  if (!facts.app) return;
  AppRow& app = environment_.scoreboard.app(index_, *facts.app);
  app.requests.add();
  app.exceptions.add(exceptions);
}

bool Worker::has_served_enough() const {
  const Settings& settings = environment_.settings;
  if (settings.max_requests == 0 || row_.since_spawn.get() < settings.max_requests) return false;
  return steady_clock::now() - begun_ >= settings.min_lifetime;
}

void Worker::end_soon() {
  if (row_.ending.get() == 0) {
    log::line("...The work of process {} is done. Seeya!", ::getpid());
  }
  row_.ending.set(1);
  wake_all();
}

// A thread that cannot go on ends the worker, which is replaced.
void Worker::run_thread(unsigned id) {
  try {
    Thread(*this, id).run();
  } catch (const std::exception& e) {
    fail(e.what());
  }
}

void Worker::fail(const char* reason) {
  log::event(log::Level::error, "worker.thread", {{"reason", reason}});
  failed_ = true;
  wake_all();
}

int Worker::run() {
  row_.accepting.set(1);
  {
    std::vector<std::jthread> others;
    try {
      for (unsigned id = 1; id < static_cast<unsigned>(environment_.settings.threads); ++id)
        others.emplace_back([this, id] { run_thread(id); });
    } catch (const std::system_error& e) {
      fail(e.what());
    }
    run_thread(0);
  }
  row_.ending.set(1);
  host_.end();
  return failed_ ? failed_status : end_status;
}

}  // namespace reprise::application
