#pragma once

#include <string>

#include "app/purpose.hpp"
#include "base/written.hpp"
#include "net/listener.hpp"
#include "process/handover.hpp"
#include "process/settings.hpp"

namespace reprise::app {

// How routers and applications listen. Throws std::runtime_error with the place for an owner of
// unix sockets that there is not.
net::ListenOptions listen_options(const process::Settings& settings, Purpose purpose);

// The same for an address, which may be that of a socket that is shared by `=N`.
net::ListenOptions for_address(const process::Settings& settings, const std::string& address,
                               net::ListenOptions options);

// Takes over what the former generation bound to the address, or binds it. Throws
// std::runtime_error with the place and uWSGI's words.
net::Listener make_listener(process::Handover& inherited, const std::string& kind,
                            const Written& address, const net::ListenOptions& options);

}  // namespace reprise::app
