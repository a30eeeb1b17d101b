#include "process/master.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace reprise::process {
namespace {

// Writes down what the master tells, and acts on it like an operator would.
class Script final : public MasterObserver {
public:
  void spawned(std::size_t place, pid_t pid, bool again) override {
    events.push_back((again ? "again " : "spawned ") + std::to_string(place));
    if (on_spawned) on_spawned(place, pid, again);
  }
  void died(std::size_t place, pid_t, int) override {
    events.push_back("died " + std::to_string(place));
  }
  void buried(const std::string& name, pid_t) override { events.push_back("buried " + name); }
  void stopping(bool graceful) override {
    events.push_back(graceful ? "stopping gracefully" : "stopping");
  }
  void reloading(bool brutal) override { events.push_back(brutal ? "brutal" : "graceful"); }
  void reload_refused() override {
    events.push_back("refused");
    ::raise(SIGINT);
  }
  void print_status() override {
    events.push_back("status");
    ::raise(SIGQUIT);
  }
  void write_pidfiles() override { events.push_back("pidfiles"); }
  void pause_or_resume() override {
    events.push_back("pause");
    if (on_pause) on_pause();
  }
  void renew_log(bool rotate) override { events.push_back(rotate ? "rotate" : "reopen"); }
  void ordered(const Request& request) override {
    events.push_back(request.letter == 0 ? "touched" : std::string("letter ") + request.letter);
  }
  std::size_t count(const std::string& event) const {
    return static_cast<std::size_t>(std::count(events.begin(), events.end(), event));
  }

  std::function<void(std::size_t, pid_t, bool)> on_spawned;
  std::function<void()> on_pause;
  std::vector<std::string> events;
};

// Runs the master in this process; its children wait to be killed, its checks exit with `check`.
class MasterTest : public testing::Test {
protected:
  ~MasterTest() override {
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
  }
  Master::Outcome run(int check_status = 0) {
    Master master(children_, options_, script_, std::move(former_), /*former_brutal=*/false);
    const Master::Outcome outcome = master.run();
    if (std::holds_alternative<Master::RunChild>(outcome)) {
      for (;;)
        ::pause();
    }
    if (std::holds_alternative<Master::Check>(outcome)) ::_exit(check_status);
    living_ = master.living();
    return outcome;
  }
  void kill_living() {
    for (const auto& child : living_) {
      ::kill(child.pid, SIGKILL);
      ::waitpid(child.pid, nullptr, 0);
    }
  }

  std::vector<ChildSpec> children_{{"one", nullptr}, {"two", nullptr}};
  Master::Options options_;
  std::vector<Handover::Child> former_;
  std::vector<Handover::Child> living_;
  Script script_;
};

TEST_F(MasterTest, StopsEverythingOnInt) {
  script_.on_spawned = [](std::size_t place, pid_t, bool) {
    if (place == 1) ::raise(SIGINT);
  };
  EXPECT_TRUE(std::holds_alternative<Master::Stopped>(run()));
  EXPECT_EQ(script_.count("buried one"), 1u);
  EXPECT_EQ(script_.count("buried two"), 1u);
  EXPECT_TRUE(living_.empty());
}

TEST_F(MasterTest, AFloodOfOrdersKeepsItFromNothingElse) {
  const std::string path = "/tmp/reprise-orders-" + std::to_string(::getpid());
  options_.fifos = {path};
  script_.on_spawned = [&](std::size_t place, pid_t, bool) {
    if (place != 1) return;
    const int fd = ::open(path.c_str(), O_WRONLY | O_NONBLOCK);
    const std::string letters(1000, 'P');
    EXPECT_EQ(::write(fd, letters.data(), letters.size()), 1000);
    ::close(fd);
    ::raise(SIGINT);
  };
  EXPECT_TRUE(std::holds_alternative<Master::Stopped>(run()));
  const auto stop = std::find(script_.events.begin(), script_.events.end(), "stopping");
  EXPECT_LT(std::count(script_.events.begin(), stop, "pidfiles"), 100);
  ::unlink(path.c_str());
}

TEST_F(MasterTest, ChildrenAreToldToLookAtAPause) {
  script_.on_spawned = [](std::size_t place, pid_t, bool) {
    if (place == 1) ::raise(SIGTSTP);
  };
  // Not both at once: a stop that comes first may end before the pause is read, and what is left
  // pending would then stop this process.
  script_.on_pause = [] { ::raise(SIGINT); };
  EXPECT_TRUE(std::holds_alternative<Master::Stopped>(run()));
  EXPECT_EQ(script_.count("pause"), 1u);
}

TEST_F(MasterTest, LettersOfTheLogAreForTheObserver) {
  const std::string path = "/tmp/reprise-log-orders-" + std::to_string(::getpid());
  options_.fifos = {path};
  script_.on_spawned = [&](std::size_t place, pid_t, bool) {
    if (place != 1) return;
    const int fd = ::open(path.c_str(), O_WRONLY | O_NONBLOCK);
    EXPECT_EQ(::write(fd, "lLQ", 3), 3);
    ::close(fd);
  };
  EXPECT_TRUE(std::holds_alternative<Master::Stopped>(run()));
  EXPECT_EQ(script_.count("reopen"), 1u);
  EXPECT_EQ(script_.count("rotate"), 1u);
  ::unlink(path.c_str());
}

TEST_F(MasterTest, WorkersOfAChildAreItsOwnToReplace) {
  const std::string path = "/tmp/reprise-worker-orders-" + std::to_string(::getpid());
  options_.fifos = {path};
  children_[1].has_workers = true;  // SIGUSR1 and SIGHUP are ignored by both
  script_.on_spawned = [&](std::size_t place, pid_t, bool) {
    if (place != 1) return;
    const int fd = ::open(path.c_str(), O_WRONLY | O_NONBLOCK);
    EXPECT_EQ(::write(fd, "wcQ", 3), 3);
    ::close(fd);
  };
  EXPECT_TRUE(std::holds_alternative<Master::Stopped>(run()));
  EXPECT_EQ(script_.count("died 1"), 0u);
  EXPECT_EQ(script_.count("graceful"), 0u) << "no reload";
  ::unlink(path.c_str());
}

TEST_F(MasterTest, ReplacesWhatDies) {
  script_.on_spawned = [](std::size_t place, pid_t pid, bool again) {
    if (place == 1 && !again) ::kill(pid, SIGKILL);
    if (place == 1 && again) ::raise(SIGINT);
  };
  EXPECT_TRUE(std::holds_alternative<Master::Stopped>(run()));
  EXPECT_EQ(script_.count("died 1"), 1u);
  EXPECT_EQ(script_.count("again 1"), 1u);
  EXPECT_EQ(script_.count("died 0"), 0u);
}

TEST_F(MasterTest, HupReloadsOnceTheNewConfigurationIsValid) {
  script_.on_spawned = [](std::size_t place, pid_t, bool) {
    if (place == 1) ::raise(SIGHUP);
  };
  const Master::Outcome outcome = run(/*check_status=*/0);
  ASSERT_TRUE(std::holds_alternative<Master::Reload>(outcome));
  EXPECT_FALSE(std::get<Master::Reload>(outcome).brutal);
  EXPECT_EQ(living_.size(), 2u) << "the old children go on until the new ones accept";
  kill_living();
}

TEST_F(MasterTest, ABrokenConfigurationKeepsTheService) {
  script_.on_spawned = [](std::size_t place, pid_t, bool) {
    if (place == 1) ::raise(SIGHUP);
  };
  EXPECT_TRUE(std::holds_alternative<Master::Stopped>(run(/*check_status=*/1)));
  EXPECT_EQ(script_.count("refused"), 1u);
  EXPECT_EQ(script_.count("graceful"), 0u);
}

TEST_F(MasterTest, TermReloadsBrutallyUnlessItStops) {
  script_.on_spawned = [](std::size_t place, pid_t, bool) {
    if (place == 1) ::raise(SIGTERM);
  };
  const Master::Outcome outcome = run();
  ASSERT_TRUE(std::holds_alternative<Master::Reload>(outcome));
  EXPECT_TRUE(std::get<Master::Reload>(outcome).brutal);
  kill_living();

  options_.term_stops = true;
  EXPECT_TRUE(std::holds_alternative<Master::Stopped>(run()));
}

TEST_F(MasterTest, Usr1PrintsTheStatusAndQuitStops) {
  script_.on_spawned = [](std::size_t place, pid_t, bool) {
    if (place == 1) ::raise(SIGUSR1);
  };
  EXPECT_TRUE(std::holds_alternative<Master::Stopped>(run()));
  EXPECT_EQ(script_.count("status"), 1u);
}

// A child of the generation before.
pid_t fork_old() {
  ::signal(look_signal, SIG_IGN);  // as fork_child() leaves it
  const pid_t old = ::fork();
  if (old == 0) {
    ::signal(SIGQUIT, SIG_DFL);
    for (;;)
      ::pause();
  }
  ::signal(look_signal, SIG_DFL);
  return old;
}

TEST_F(MasterTest, AFormerChildStaysUntilItsSuccessorHasTakenOver) {
  const pid_t needed = fork_old(), other = fork_old();
  former_ = {{"two", needed}, {"old", other}};
  int looks = 0;
  children_[1].has_taken_over = [&] {
    EXPECT_EQ(script_.count("buried two"), 0u);
    if (script_.count("buried old") > 0) ++looks;
    if (looks == 3) ::raise(SIGUSR1);  // and stop after that
    return looks > 2;
  };
  EXPECT_TRUE(std::holds_alternative<Master::Stopped>(run()));
  EXPECT_EQ(script_.count("buried two"), 2u) << "the former and the new one";
  const auto& events = script_.events;
  EXPECT_LT(std::find(events.begin(), events.end(), "buried old"),
            std::find(events.begin(), events.end(), "buried two"));
}

TEST_F(MasterTest, AFormerChildThatIsStillNeededIsHandedOn) {
  const pid_t needed = fork_old();
  former_ = {{"two", needed}};
  children_[1].has_taken_over = [] { return false; };
  script_.on_spawned = [](std::size_t place, pid_t, bool) {
    if (place == 1) ::raise(SIGHUP);
  };
  ASSERT_TRUE(std::holds_alternative<Master::Reload>(run()));
  ASSERT_EQ(living_.size(), 3u);
  EXPECT_EQ(living_[0].pid, needed);
  kill_living();
}

TEST_F(MasterTest, DismissesTheFormerGenerationAfterTheNewOneStarted) {
  const pid_t old = fork_old();
  former_.push_back({"old", old});
  script_.on_spawned = [&](std::size_t place, pid_t, bool) {
    if (place != 1) return;
    EXPECT_EQ(::kill(old, 0), 0) << "still there while the new ones start";
    ::raise(SIGUSR1);  // and stop after that
  };
  EXPECT_TRUE(std::holds_alternative<Master::Stopped>(run()));
  EXPECT_EQ(script_.count("buried old"), 1u);
}

}  // namespace
}  // namespace reprise::process
