#pragma once

#include <unistd.h>

#include <string>

namespace reprise::app {

// SERVER_NAME of all requests.
inline std::string host_name() {
  char name[256] = "";
  if (::gethostname(name, sizeof name - 1) != 0) return "localhost";
  return name;
}

}  // namespace reprise::app
