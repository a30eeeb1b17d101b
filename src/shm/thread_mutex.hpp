#pragma once

#include <pthread.h>

#include <cerrno>
#include <system_error>

namespace reprise::shm {

// A lock in shared memory between the threads of many processes that guards nothing of ours: one
// that dies with it lets go, and who has it already is told instead of waiting for itself.
class ThreadMutex {
public:
  // In fresh shared memory, once, before anybody locks. Throws std::system_error.
  ThreadMutex() {
    pthread_mutexattr_t attributes;
    ::pthread_mutexattr_init(&attributes);
    ::pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
    ::pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
    ::pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_ERRORCHECK);
    const int error = ::pthread_mutex_init(&mutex_, &attributes);
    ::pthread_mutexattr_destroy(&attributes);
    if (error != 0) throw std::system_error(error, std::system_category(), "pthread_mutex_init");
  }
  ThreadMutex(const ThreadMutex&) = delete;
  ThreadMutex& operator=(const ThreadMutex&) = delete;

  // False if this thread has it already.
  bool lock() { return taken(::pthread_mutex_lock(&mutex_)); }
  // False if somebody has it, this thread too.
  bool try_lock() { return taken(::pthread_mutex_trylock(&mutex_)); }
  // Nothing happens unless this thread has it.
  void unlock() { ::pthread_mutex_unlock(&mutex_); }

private:
  bool taken(int error) {
    if (error == EOWNERDEAD) ::pthread_mutex_consistent(&mutex_);
    if (error == 0 || error == EOWNERDEAD) return true;
    if (error == EDEADLK || error == EBUSY) return false;
    throw std::system_error(error, std::system_category(), "pthread_mutex_lock");
  }

  pthread_mutex_t mutex_;
};

}  // namespace reprise::shm
