#include "sync/command.hpp"

#include <charconv>

#include "protocol/uwsgi_packet.hpp"
#include "sync/modifiers.hpp"

namespace reprise::sync {
namespace {

using Verb = Command::Verb;
using Form = Command::Form;

unsigned byte_at(Bytes bytes, std::size_t i) {
  return static_cast<unsigned char>(bytes[i]);
}

// Takes a length and so many bytes from the front.
bool take_field(Bytes& from, Bytes& field) {
  if (from.size() < 2) return false;
  const std::size_t length = byte_at(from, 0) | static_cast<std::size_t>(byte_at(from, 1)) << 8;
  if (length > from.size() - 2) return false;
  field = from.substr(2, length);
  from.remove_prefix(2 + length);
  return true;
}

template <class Number>
bool read_number(Bytes digits, Number most, Number& number) {
  const char* const end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, number);
  return error == std::errc() && stop == end && number <= most;
}

std::optional<Command> with_key(Verb verb, Form form, Bytes key) {
  if (key.empty()) return std::nullopt;
  Command command;
  command.verb = verb;
  command.form = form;
  command.key = key;
  return command;
}

// Key and value; uWSGI lets a third field stand there and does not look at it.
std::optional<Command> read_set(Bytes body) {
  Bytes key, value;
  if (!take_field(body, key) || !take_field(body, value)) return std::nullopt;
  auto command = with_key(Verb::set, Form::plain, key);
  if (command) command->value = value;
  return command;
}

// A variable `key` or `get`, whichever comes last.
std::optional<Command> read_lookup(Bytes packet) {
  const auto variables = protocol::read_packet(packet);
  if (!variables) return std::nullopt;
  std::optional<Command> command;
  for (const auto& [name, value] : variables->variables) {
    if (name == "key") command = with_key(Verb::get, Form::bare, value);
    if (name == "get") command = with_key(Verb::get, Form::http, value);
  }
  return command;
}

std::optional<Verb> verb_named(Bytes name) {
  constexpr std::pair<Bytes, Verb> verbs[] = {
      {"get", Verb::get},       {"exists", Verb::exists}, {"set", Verb::set},
      {"update", Verb::update}, {"del", Verb::erase},     {"clear", Verb::clear},
  };
  for (const auto& [text, verb] : verbs) {
    if (text == name) return verb;
  }
  return std::nullopt;
}

// A hundred years: what is longer is as good as without end, and adds up with any time.
constexpr std::uint64_t longest_lifetime = 3'155'760'000;

std::optional<Command> read_described(Bytes packet) {
  const auto read = protocol::read_packet(packet);
  if (!read) return std::nullopt;
  Command command;
  command.form = Form::described;
  std::optional<Verb> verb;
  for (const auto& [name, value] : read->variables) {
    bool good = true;
    if (name == "cmd") good = (verb = verb_named(value)).has_value();
    if (name == "key") command.key = value;
    if (name == "cache") command.cache = value;
    if (name == "size") good = read_number(value, Command::largest_value, command.value_size);
    if (name == "expires") good = read_number(value, longest_lifetime, command.lifetime);
    if (!good) return std::nullopt;
  }
  if (!verb || (command.key.empty() && *verb != Verb::clear)) return std::nullopt;
  command.verb = *verb;
  if (*verb != Verb::set && *verb != Verb::update) command.value_size = 0;
  return command;
}

std::optional<Command> of_whole_cache(Verb verb, Bytes name) {
  Command command;
  command.verb = verb;
  command.cache = name;
  return command;
}

}  // namespace

std::optional<std::size_t> command_size(Bytes header) {
  if (byte_at(header, 0) != cache_modifier) return std::nullopt;
  return Command::header_size +
         (byte_at(header, 1) | static_cast<std::size_t>(byte_at(header, 2)) << 8);
}

std::optional<Command> read_command(Bytes packet) {
  const Bytes body = packet.substr(Command::header_size);
  switch (byte_at(packet, 3)) {
    case modifier::get:
      return with_key(Verb::get, Form::plain, body);
    case modifier::set:
      return read_set(body);
    case modifier::erase:
      return with_key(Verb::erase, Form::plain, body);
    case modifier::get_variable:
    case modifier::get_variable_for_http:
      return read_lookup(packet);
    case modifier::get_streamed:
      return with_key(Verb::get, Form::streamed, body);
    case modifier::dump:
      return of_whole_cache(Verb::dump, body);
    case modifier::copy:
      return of_whole_cache(Verb::copy, body);
    case modifier::described:
      return read_described(packet);
    default:
      return std::nullopt;
  }
}

}  // namespace reprise::sync
