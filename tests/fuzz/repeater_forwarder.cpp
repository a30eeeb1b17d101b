// What a repeater takes from outsiders and from members: pieces of the input, each with who sends
// it. Whatever comes, nobody is sent anything who is not a member, save a cookie where it was asked
// for.
#include <set>
#include <string>

#include "repeater/forwarder.hpp"
#include "tests/fuzz/pieces.hpp"

namespace reprise::repeater {
namespace {

using fuzz::check;

net::Endpoint at(const char* address) {
  return net::resolve(address, net::Role::connect);
}

// Made when they are wanted: the grammars of addresses are made at the start, too.
struct Places {
  const net::Endpoint member = at("10.0.0.1:1");
  const net::Endpoint other = at("10.0.0.2:1");
  const net::Endpoint trusted = at("10.1.0.1:1");
  const net::Endpoint stranger = at("10.9.0.1:1");
  const net::Endpoint sources[4] = {member, other, trusted, stranger};
};
const Places& places() {
  static const Places made;
  return made;
}

// Everybody who was told something.
struct Watched final : Output {
  std::string from;
  std::size_t asked = 0;  // bytes of the datagram that is taken now

  void forward(Bytes, const Roster::Entry& to, int hops) override {
    check(hops >= 1 && hops < Forwarder::farthest);
    const std::string text = to.endpoint.text();
    check(text != at("10.9.0.1:1").text());
    check(text == places().member.text() || text == places().other.text() ||
          to.endpoint.host() == "10.1.0.1");
  }
  void answer(Bytes datagram, const Address& to) override {
    check(datagram.size() == seal::cookie_size && datagram.size() < asked);
    check(to.endpoint().host() == from);
  }
};

}  // namespace
}  // namespace reprise::repeater

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace reprise::repeater;
  static SharedRoom room;
  static const Trust trust{
      {}, [](const reprise::net::Endpoint& from) { return from.host() == "10.1.0.1"; }, {}, {}};
  static Watched output;
  static Forwarder forwarder(*room, trust, output);
  static Moment now = 1'000'000;
  Members(*room).configure({*Address::of(places().member), *Address::of(places().other)}, now);
  reprise::Bytes rest(reinterpret_cast<const char*>(data), size);
  while (rest.size() >= 3) {
    const auto& from = places().sources[static_cast<unsigned char>(rest[0]) % 4];
    const int hops = static_cast<unsigned char>(rest[1]);
    const std::size_t length =
        std::min<std::size_t>(static_cast<unsigned char>(rest[2]) * 8, rest.size() - 3);
    const reprise::Bytes datagram = rest.substr(3, length);
    rest.remove_prefix(3 + length);
    output.from = from.host();
    output.asked = datagram.size();
    forwarder.refresh();
    if (hops == 255) {
      forwarder.take_announce(datagram, from, now);
    } else {
      forwarder.take(datagram, from, hops, now);
    }
    now += 7;
  }
  forwarder.sweep(now);
  for (const Members::State& state : Members(*room).snapshot())
    reprise::fuzz::check(state.address.endpoint().host() != "10.9.0.1");
  return 0;
}
