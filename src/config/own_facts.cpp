#include "config/own_facts.hpp"

namespace reprise::config {

subscription::OwnFacts own_facts(const application::Settings& settings) {
  subscription::OwnFacts own;
  for (const application::SocketSettings& socket : settings.sockets) {
    if (socket.protocol == application::Protocol::uwsgi) own.sockets.push_back(socket.address.text);
  }
  own.cores =
      static_cast<std::uint64_t>(settings.processes) * static_cast<std::uint64_t>(settings.threads);
  return own;
}

}  // namespace reprise::config
