#pragma once

#include <string>
#include <utility>
#include <vector>

#include "repeater/forwarder.hpp"

namespace reprise::repeater {

inline net::Endpoint at(const std::string& address) {
  return net::resolve(address, net::Role::connect);
}

inline Address address(const std::string& text) {
  return *Address::of(at(text));
}

// What left, in order.
struct Sent final : Output {
  struct Copy {
    std::string to;
    std::string datagram;
    int hops = 0;
    bool operator==(const Copy&) const = default;
  };
  std::vector<Copy> copies;
  std::vector<Copy> answers;

  void forward(Bytes datagram, const Roster::Entry& to, int hops) override {
    copies.push_back({to.endpoint.text(), std::string(datagram), hops});
  }
  void answer(Bytes datagram, const Address& to) override {
    answers.push_back({to.endpoint().text(), std::string(datagram), 0});
  }

  std::vector<std::string> receivers() {
    std::vector<std::string> all;
    for (const Copy& copy : std::exchange(copies, {}))
      all.push_back(copy.to);
    return all;
  }
};

// A sealed datagram as a repeater sees it: nothing of it is checked.
inline std::string sealed(const std::string& sender, const std::string& body,
                          seal::Kind kind = seal::Kind::push, const std::string& to = {}) {
  std::string bytes{"\xC5\x9E\x01", 3};
  bytes += static_cast<char>(kind);
  bytes += "KEYI";
  bytes += to.empty() ? std::string(4, '\0') : to.substr(0, 4);
  bytes += (sender + "            ").substr(0, 12);
  bytes.append(8, '\0');
  return bytes + body + std::string(seal::overhead, '\x5a');
}

// One of uWSGI's that sets an item.
inline std::string plain(const std::string& body) {
  return std::string{"\x6f\x05\x00\x0a", 4} + body;
}

inline std::string subscribe(const seal::Cookie& cookie = {}) {
  return seal::write_clear({seal::ClearOperation::subscribe, cookie});
}

inline std::string leave(const seal::Cookie& cookie) {
  return seal::write_clear({seal::ClearOperation::leave, cookie});
}

}  // namespace reprise::repeater
