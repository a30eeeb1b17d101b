#include "application/user_locks.hpp"

#include <unistd.h>

namespace reprise::application {

bool UserLocks::lock(std::size_t number) const {
  Row& row = rows_.row(number);
  if (!row.mutex.lock()) return false;
  row.pid.set(static_cast<std::uint64_t>(::getpid()));
  row.thread.set(static_cast<std::uint64_t>(::gettid()));
  return true;
}

void UserLocks::unlock(std::size_t number) const {
  Row& row = rows_.row(number);
  if (row.thread.get() != static_cast<std::uint64_t>(::gettid())) return;
  row.pid.set(0);
  row.thread.set(0);
  row.mutex.unlock();
}

bool UserLocks::is_locked(std::size_t number) const {
  Row& row = rows_.row(number);
  if (!row.mutex.try_lock()) return true;
  row.pid.set(0);
  row.thread.set(0);
  row.mutex.unlock();
  return false;
}

}  // namespace reprise::application
