#include "app/activation.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

namespace reprise::app {
namespace {

constexpr int first = 3;
constexpr int most = 1024;

std::string variable(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? "" : value;
}

}  // namespace

Activation::Activation() {
  if (variable("LISTEN_PID") != std::to_string(::getpid())) return;
  const int count = std::clamp(std::atoi(variable("LISTEN_FDS").c_str()), 0, most);
  for (int i = 0; i < count; ++i)
    sockets_.emplace_back(::fcntl(first + i, F_DUPFD_CLOEXEC, first + count));
  for (const char* name : {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"})
    if (std::getenv(name) != nullptr) variables_.emplace_back(name, variable(name));
}

void Activation::restore() const {
  for (std::size_t i = 0; i < sockets_.size(); ++i)
    if (sockets_[i]) ::dup2(sockets_[i].get(), first + static_cast<int>(i));
  for (const auto& [name, value] : variables_)
    ::setenv(name.c_str(), value.c_str(), /*overwrite=*/1);
}

}  // namespace reprise::app
