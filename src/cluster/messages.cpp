#include "cluster/messages.hpp"

#include <algorithm>

#include "cluster/wire_format.hpp"

namespace reprise::cluster {
namespace {

using seal::append_number;
using seal::number_at;

constexpr std::size_t longest_version = 32;

// Of a hello.
constexpr unsigned has_root = 1;
constexpr unsigned is_full = 2;
constexpr unsigned is_leaving = 4;

constexpr std::size_t id_size = seal::session_name_size;

void write_session(Writer& out, const Session& session) {
  out.number(session.left, 4);
  out.number(session.at, 1);
  out.bytes(session.id);
  out.bytes(session.der);
}

Session take_session(Reader& in) {
  Session session;
  session.left = in.number32();
  session.at = static_cast<std::uint8_t>(in.number(1));
  session.id = in.bytes(id_size);
  session.der = in.rest();
  return session;
}

}  // namespace

void append_preamble(std::string& to, const Preamble& preamble) {
  append_number(to, preamble.node, 2);
  append_number(to, preamble.time, 6);
  append_number(to, preamble.push, 6);
}

void append(std::string& to, const Session& message) {
  Writer out(to, Type::session);
  write_session(out, message);
}

void append(std::string& to, const EraseSession& message) {
  Writer out(to, Type::erase_session);
  out.number(message.hold, 4);
  out.bytes(message.id);
}

void append(std::string& to, const Item& message) {
  Writer out(to, Type::item);
  out.number(message.left, 4);
  out.number(message.key.size(), 2);
  out.bytes(message.key);
  out.bytes(message.value);
}

void append(std::string& to, const EraseItem& message) {
  Writer out(to, Type::erase_item);
  out.bytes(message.key);
}

void append(std::string& to, const Ask& message) {
  Writer out(to, Type::ask);
  out.array(message.token);
  out.bytes(message.id);
}

void append(std::string& to, const Answer& message) {
  Writer out(to, Type::answer);
  out.array(message.token);
  write_session(out, message.session);
}

void append(std::string& to, const NotHere& message) {
  Writer out(to, Type::not_here);
  out.array(message.token);
  out.number(static_cast<std::uint64_t>(message.reason), 1);
}

void append(std::string& to, const Hello& message) {
  Writer out(to, Type::hello);
  const std::size_t former = std::min(message.former_nodes.size(), Hello::most_former_nodes);
  out.number(former, 1);
  for (std::size_t i = 0; i < former; ++i)
    out.number(message.former_nodes[i], 2);
  out.number(message.id_clock, 4);
  out.number(message.wall_clock, 8);
  out.number(message.last_push, 6);
  out.number(message.items, 8);
  const std::size_t keys = std::min(message.keys.size(), seal::most_secrets);
  out.number(keys, 1);
  for (std::size_t i = 0; i < keys; ++i)
    out.array(message.keys[i]);
  const Bytes version = Bytes(message.version).substr(0, longest_version);
  out.number(version.size(), 1);
  out.bytes(version);
  out.number(message.token ? 1 : 0, 1);
  if (message.token) out.array(*message.token);
  out.number((message.root ? has_root : 0) | (message.full ? is_full : 0) |
                 (message.leaving ? is_leaving : 0),
             1);
  out.number(message.root.value_or(0), 8);
}

void append(std::string& to, const Challenge& message) {
  Writer out(to, Type::challenge);
  out.array(message.token);
  out.number(message.heard, 8);
}

void append(std::string& to, const Proof& message) {
  Writer out(to, Type::proof);
  out.array(message.token);
  out.array(message.challenger);
  out.number(message.heard, 8);
  out.number(message.last_push, 6);
}

void append_next_name(std::string& to, const seal::SenderName& name) {
  Writer out(to, Type::next_name);
  out.array(name);
}

void append_end_of_copy(std::string& to) {
  const Writer out(to, Type::end_of_copy);
}

void append_gone(std::string& to) {
  const Writer out(to, Type::gone);
}

Session session_of(Bytes id, Bytes der, std::uint32_t left, std::string& scratch) {
  Session session{left, id, der, whole_der};
  const std::size_t at = der.find(id);
  if (at >= whole_der) return session;
  scratch.assign(der.substr(0, at)).append(der.substr(at + id.size()));
  session.at = static_cast<std::uint8_t>(at);
  session.der = scratch;
  return session;
}

bool der_of(const Session& session, std::string& into) {
  if (session.at == whole_der) {
    into.assign(session.der);
    return true;
  }
  if (session.at > session.der.size()) return false;
  into.assign(session.der.substr(0, session.at));
  into.append(session.id).append(session.der.substr(session.at));
  return true;
}

std::optional<Preamble> take_preamble(Bytes& from) {
  if (from.size() < preamble_size) return std::nullopt;
  Preamble preamble;
  preamble.node = static_cast<std::uint16_t>(number_at(from, 0, 2));
  preamble.time = number_at(from, 2, 6);
  preamble.push = number_at(from, 8, 6);
  from.remove_prefix(preamble_size);
  return preamble;
}

std::optional<std::vector<Message>> read_messages(Bytes bytes) {
  std::vector<Message> messages;
  while (!bytes.empty()) {
    if (bytes.size() < type_and_length) return std::nullopt;
    const auto type = static_cast<Type>(number_at(bytes, 0, 1));
    const std::size_t length = number_at(bytes, 1, 2);
    bytes.remove_prefix(type_and_length);
    if (length > bytes.size()) return std::nullopt;
    messages.push_back({type, bytes.substr(0, length)});
    bytes.remove_prefix(length);
  }
  return messages;
}

std::optional<Session> read_session_message(Bytes body) {
  Reader in(body);
  return if_good(in, take_session(in));
}

std::optional<EraseSession> read_erase_session(Bytes body) {
  Reader in(body);
  EraseSession message;
  message.hold = in.number32();
  message.id = in.bytes(id_size);
  return if_good(in, std::move(message));
}

std::optional<Item> read_item(Bytes body) {
  Reader in(body);
  Item message;
  message.left = in.number32();
  message.key = in.bytes(in.number(2));
  message.value = in.rest();
  return if_good(in, std::move(message));
}

std::optional<EraseItem> read_erase_item(Bytes body) {
  Reader in(body);
  EraseItem message;
  message.key = in.rest();
  return if_good(in, std::move(message));
}

std::optional<Ask> read_ask(Bytes body) {
  Reader in(body);
  Ask message;
  in.array(message.token);
  message.id = in.bytes(id_size);
  return if_good(in, std::move(message));
}

std::optional<Answer> read_answer(Bytes body) {
  Reader in(body);
  Answer message;
  in.array(message.token);
  message.session = take_session(in);
  return if_good(in, std::move(message));
}

std::optional<NotHere> read_not_here(Bytes body) {
  Reader in(body);
  NotHere message;
  in.array(message.token);
  const std::uint64_t reason = in.number(1);
  const auto last = static_cast<std::uint64_t>(NotHereReason::busy);
  message.reason = static_cast<NotHereReason>(reason <= last ? reason : 0);
  return if_good(in, std::move(message));
}

std::optional<Hello> read_hello(Bytes body) {
  Reader in(body);
  Hello message;
  const std::uint64_t former = in.number(1);
  if (former > Hello::most_former_nodes) return std::nullopt;
  for (std::uint64_t i = 0; i < former; ++i)
    message.former_nodes.push_back(static_cast<std::uint16_t>(in.number(2)));
  message.id_clock = in.number32();
  message.wall_clock = in.number(8);
  message.last_push = in.number(6);
  message.items = in.number(8);
  const std::uint64_t keys = in.number(1);
  if (keys > seal::most_secrets) return std::nullopt;
  for (std::uint64_t i = 0; i < keys; ++i)
    in.array(message.keys.emplace_back());
  const std::uint64_t version = in.number(1);
  if (version > longest_version) return std::nullopt;
  message.version = std::string(in.bytes(version));
  if (in.number(1) != 0) in.array(message.token.emplace());
  const std::uint64_t flags = in.number(1);
  const std::uint64_t root = in.number(8);
  if ((flags & has_root) != 0) message.root = root;
  message.full = (flags & is_full) != 0;
  message.leaving = (flags & is_leaving) != 0;
  return if_good(in, std::move(message));
}

std::optional<Challenge> read_challenge(Bytes body) {
  Reader in(body);
  Challenge message;
  in.array(message.token);
  message.heard = in.number(8);
  return if_good(in, std::move(message));
}

std::optional<Proof> read_proof(Bytes body) {
  Reader in(body);
  Proof message;
  in.array(message.token);
  in.array(message.challenger);
  message.heard = in.number(8);
  message.last_push = in.number(6);
  return if_good(in, std::move(message));
}

std::optional<seal::SenderName> read_next_name(Bytes body) {
  Reader in(body);
  seal::SenderName name{};
  in.array(name);
  return if_good(in, std::move(name));
}

bool belongs(Type type, seal::Kind kind) {
  const auto number = static_cast<unsigned>(type);
  const bool is_change = number < 16;
  const bool is_question = number >= 16 && number < 32;
  const bool is_about_bulk = type == Type::settled || type == Type::fill_end;
  switch (kind) {
    case seal::Kind::push:
      return is_change;
    case seal::Kind::bulk:
      return is_change || is_about_bulk;
    case seal::Kind::ask:
      return !is_change && !is_about_bulk;  // a proof may ride with a question
    case seal::Kind::control:
      return !is_change && !is_question && !is_about_bulk;
  }
  return false;
}

}  // namespace reprise::cluster
