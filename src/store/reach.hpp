#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "store/dialect.hpp"
#include "store/ketama.hpp"
#include "store/link.hpp"
#include "store/settings.hpp"
#include "store/tls_client.hpp"

namespace reprise::store {

// What it takes to reach the servers of a store: their addresses, who logs in, TLS. Made before the
// fork and before rights are given up.
struct Reach {
  std::vector<Link::Place> places;
  std::unique_ptr<Dialect> dialect;
  std::unique_ptr<TlsClient> tls;  // null: none
  std::optional<Ketama> ring;      // of the places; none: a cluster knows by itself
  std::chrono::milliseconds budget{10};
  // Asks again who has a name, in a thread.
  net::NameRenewal::Resolve resolve = net::NameRenewal::from_system;
};

// The ring of these places. Throws std::runtime_error.
Ketama ring_of(const std::vector<Link::Place>& places);

// Asks the resolver and reads files. Throws std::runtime_error with the place in the configuration.
Reach make_reach(const Settings& settings, net::Lookup lookup = ::getaddrinfo);

// The first line of a file, of at most 512 bytes. Throws std::runtime_error if others than its
// owner and group may read it, or there is none.
void read_password(const std::string& path, std::string& into);

// How it goes with one server.
struct Attempt {
  std::string server;
  std::string trouble;  // empty: it welcomed us
};

// Connects to all and waits for their welcome, for so long. In a process without a loop.
std::vector<Attempt> try_all(const Reach& reach, std::chrono::milliseconds patience);

}  // namespace reprise::store
