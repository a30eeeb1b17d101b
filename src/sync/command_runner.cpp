#include "sync/command_runner.hpp"

#include <array>
#include <limits>

#include "protocol/uwsgi_packet.hpp"
#include "sync/modifiers.hpp"

namespace reprise::sync {
namespace {

using Verb = Command::Verb;
using Form = Command::Form;

// To the byte what uWSGI answers.
constexpr char not_found[] =
    "HTTP/1.0 404 Not Found\r\n"
    "Connection: close\r\n"
    "Content-Type: text/plain\r\n"
    "\r\n"
    "Not Found";

// Says how long the value is, or 0 if it is longer than can be said.
std::string header(unsigned char modifier2, std::size_t size) {
  if (size > std::numeric_limits<std::uint16_t>::max()) size = 0;
  return {static_cast<char>(cache_modifier), static_cast<char>(size & 0xff),
          static_cast<char>(size >> 8), static_cast<char>(modifier2)};
}

// That it worked, and what there is to tell of an item.
std::string description(const cache::Item* item) {
  std::array<char, 128> room;
  protocol::PacketWriter writer(room);
  writer.add("status", "ok");
  if (item != nullptr) {
    writer.add("size", std::to_string(item->value.size()));
    if (item->expires != 0) writer.add("expires", std::to_string(item->expires));
  }
  return std::string(*writer.finish(cache_modifier, modifier::described));
}

std::string get(const Command& command, Offer& offer, bool to_this_host, UnixSeconds now) {
  const auto item = offer.cache.get(command.key, now);
  const bool found = item && offer.allows(*item, to_this_host);
  switch (command.form) {
    case Form::plain:
      return found ? header(modifier::get, item->value.size()) + item->value : "";
    case Form::streamed:
      return found ? header(modifier::get_streamed, item->value.size()) + item->value
                   : header(modifier::get_streamed, 0);
    case Form::bare:
      return found ? item->value : "";
    case Form::http:
      return found ? item->value : not_found;
    case Form::described:
      return found ? description(&*item) + item->value : "";
  }
  return {};
}

// Who is told of a change that came over TCP. A node believes what reaches it over loopback, so it
// does not get what came from another host; and other hosts do not get what may not leave this one.
Audience audience_of(const Change& change, const Offer& offer, bool from_this_host) {
  if (change.operation == Operation::erase) return Audience::everyone;
  if (!from_this_host) return Audience::other_hosts;
  namespace flags = cache::item_flags;
  cache::Item item;
  item.value = change.value;
  item.flags = flags::from_peer | flags::believed;
  return offer.acceptance.may_leave(item) ? Audience::everyone : Audience::this_host;
}

bool change(const Command& command, Bytes value, Offer& offer, const net::Endpoint& from,
            UnixSeconds now) {
  Change told;
  told.operation = command.verb == Verb::erase ? Operation::erase : Operation::set;
  told.key = command.key;
  told.value = value;
  if (command.lifetime != 0) told.expires = now + command.lifetime;
  const auto existing = command.verb == Verb::set ? Existing::keep : Existing::replace;
  if (offer.intake.take(told, existing, from, now)) return false;
  offer.cache.pass_on(told, audience_of(told, offer, is_this_host(from)));
  return true;
}

}  // namespace

std::string run(const Command& command, Bytes value, Offer& offer, const net::Endpoint& from,
                UnixSeconds now) {
  bool done = false;
  switch (command.verb) {
    case Verb::get:
      return get(command, offer, is_this_host(from), now);
    case Verb::exists:
      done = offer.cache.local().exists(command.key, now);
      break;
    case Verb::set:
    case Verb::update:
    case Verb::erase:
      done = change(command, value, offer, from, now);
      break;
    case Verb::clear:
      done = true;
      break;
    case Verb::dump:
    case Verb::copy:
      break;
  }
  return done && command.form == Form::described ? description(nullptr) : "";
}

}  // namespace reprise::sync
