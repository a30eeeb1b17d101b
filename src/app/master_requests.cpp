#include "app/master_requests.hpp"

#include <signal.h>

#include <cerrno>

namespace reprise::app {

using application::MasterRequest;

bool MasterRequests::ask(pid_t master, MasterRequest request) const {
  if (::kill(master, request == MasterRequest::reload ? SIGHUP : SIGINT) == 0) return true;
  if (errno != EPERM) return false;
  row_.row(0).set(static_cast<std::uint64_t>(request));
  return true;
}

MasterRequest MasterRequests::take() const {
  const auto request = static_cast<MasterRequest>(row_.row(0).get());
  if (request != MasterRequest::none) row_.row(0).set(0);
  return request;
}

}  // namespace reprise::app
