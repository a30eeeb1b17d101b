#pragma once

#include <pthread.h>

#include <cerrno>
#include <system_error>

namespace reprise::shm {

// A lock in shared memory whose holder may die: the next one to lock is told, puts what the lock
// guards in order, and everybody goes on (pthread_mutexattr_setrobust(3)).
class RobustMutex {
public:
  // In fresh shared memory, once, before anybody locks. Throws std::system_error.
  RobustMutex() {
    pthread_mutexattr_t attributes;
    ::pthread_mutexattr_init(&attributes);
    ::pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
    ::pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
    const int error = ::pthread_mutex_init(&mutex_, &attributes);
    ::pthread_mutexattr_destroy(&attributes);
    if (error != 0) throw std::system_error(error, std::system_category(), "pthread_mutex_init");
  }
  RobustMutex(const RobustMutex&) = delete;
  RobustMutex& operator=(const RobustMutex&) = delete;

  class [[nodiscard]] Held {
  public:
    explicit Held(pthread_mutex_t& mutex) : mutex_(mutex) {}
    Held(const Held&) = delete;
    Held& operator=(const Held&) = delete;
    ~Held() { ::pthread_mutex_unlock(&mutex_); }

  private:
    pthread_mutex_t& mutex_;
  };

  // `repair` runs under the lock if the last holder died in here; it must not throw. If this
  // process dies inside `repair`, the next one repairs.
  template <class Repair>
  Held lock_or_repair(Repair&& repair) {
    const int error = ::pthread_mutex_lock(&mutex_);
    if (error == EOWNERDEAD) {
      // A throw would leave the lock with a living process, for ever. Ended, the next one repairs.
      [&]() noexcept { repair(); }();
      ::pthread_mutex_consistent(&mutex_);
    } else if (error != 0) {
      throw std::system_error(error, std::system_category(), "pthread_mutex_lock");
    }
    return Held(mutex_);
  }

private:
  pthread_mutex_t mutex_;
};

}  // namespace reprise::shm
