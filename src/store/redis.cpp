#include <algorithm>

#include "store/dialect.hpp"
#include "store/redis_value.hpp"
#include "store/slots.hpp"
#include "store/vault.hpp"

// Redis' commands, and what it answers.
namespace reprise::store {
namespace {

constexpr std::size_t most_words = 256;  // of an error that is kept

struct ErrorName {
  Bytes beginning;
  Answer answer;
};

constexpr ErrorName error_names[] = {
    {"MOVED ", Answer::moved},
    {"ASK ", Answer::ask},
    {"LOADING", Answer::not_ready},
    {"CLUSTERDOWN", Answer::not_ready},
    {"TRYAGAIN", Answer::not_ready},
    {"MASTERDOWN", Answer::not_ready},
    {"READONLY", Answer::not_ready},
    {"BUSY", Answer::not_ready},
    {"NOREPLICAS", Answer::not_ready},
    {"WRONGTYPE", Answer::unfit},
    {"OOM", Answer::full},
    {"MISCONF", Answer::full},
    {"NOAUTH", Answer::denied},
    {"WRONGPASS", Answer::denied},
    {"NOPERM", Answer::denied},
    {"ERR invalid password", Answer::denied},
    {"ERR AUTH", Answer::denied},
    {"ERR Client sent AUTH", Answer::denied},
};

Reply error_of(Bytes words) {
  Reply reply;
  reply.answer = Answer::refused;
  for (const ErrorName& name : error_names) {
    if (!words.starts_with(name.beginning)) continue;
    reply.answer = name.answer;
    break;
  }
  reply.text.assign(words.substr(0, most_words));
  return reply;
}

std::optional<std::uint16_t> port_of(const RedisValue& value) {
  if (value.kind != RedisValue::Kind::number || value.number < 1 || value.number > 65535)
    return std::nullopt;
  return static_cast<std::uint16_t>(value.number);
}

std::optional<std::uint16_t> slot_of(const RedisValue& value) {
  if (value.kind != RedisValue::Kind::number || value.number < 0 || value.number > 16383)
    return std::nullopt;
  return static_cast<std::uint16_t>(value.number);
}

// [first, last, [host, port, ...] of the master, ... of its replicas]
std::optional<SlotRange> range_of(const RedisValue& value) {
  if (value.kind != RedisValue::Kind::list || value.list.size() < 3) return std::nullopt;
  const RedisValue& node = *value.list[2];
  if (node.kind != RedisValue::Kind::list || node.list.size() < 2) return std::nullopt;
  const auto first = slot_of(*value.list[0]), last = slot_of(*value.list[1]);
  const auto port = port_of(*node.list[1]);
  const RedisValue& host = *node.list[0];
  const bool is_named =
      host.kind == RedisValue::Kind::text || host.kind == RedisValue::Kind::nothing;
  if (!first || !last || *first > *last || !port || !is_named) return std::nullopt;
  return SlotRange{*first, *last, host.text, *port};
}

std::optional<Reply> slots_of(const RedisValue& value) {
  if (value.kind != RedisValue::Kind::list) return std::nullopt;
  Reply reply;
  reply.answer = Answer::slots;
  std::size_t slots = 0;
  for (const auto& each : value.list) {
    auto range = range_of(*each);
    if (!range) return std::nullopt;
    slots += range->last - range->first + std::size_t{1};
    if (slots > slots_of_a_cluster) return std::nullopt;  // some of them twice
    reply.slots.push_back(std::move(*range));
  }
  return reply;
}

std::optional<Reply> reply_of(Verb verb, RedisValue& value) {
  using Kind = RedisValue::Kind;
  if (value.kind == Kind::error) return error_of(value.text);
  Reply reply;
  switch (verb) {
    case Verb::get:
      if (value.kind == Kind::nothing) {
        reply.answer = Answer::absent;
      } else if (value.kind == Kind::text && value.text.size() > Vault::most_value) {
        reply.answer = Answer::unfit;
        reply.text = "a value that is too long";
      } else if (value.kind == Kind::text) {
        reply.answer = Answer::value;
        reply.text = std::move(value.text);
      } else {
        return std::nullopt;
      }
      return reply;
    case Verb::erase:
      if (value.kind != Kind::number) return std::nullopt;
      return reply;
    case Verb::set:
    case Verb::hello:
    case Verb::probe:
    case Verb::asking:
      if (value.kind != Kind::status) return std::nullopt;
      return reply;
    case Verb::slots:
      return slots_of(value);
  }
  return std::nullopt;
}

class Reader final : public ReplyReader {
public:
  error_code feed(Bytes bytes) override { return values_.feed(bytes); }
  bool has_rest() const override { return values_.has_rest(); }

  Result<std::optional<Reply>> next(const Request& request) override {
    auto value = values_.next();
    if (!value) return value.error();
    if (*value == nullptr) return std::optional<Reply>();
    auto reply = reply_of(request.verb, **value);
    if (!reply) return errc::malformed;
    return std::optional<Reply>(std::move(reply));
  }

private:
  RedisValueReader values_;
};

void append_command(std::string& out, std::initializer_list<Bytes> words) {
  out.append("*").append(std::to_string(words.size())).append("\r\n");
  for (const Bytes word : words) {
    out.append("$").append(std::to_string(word.size())).append("\r\n");
    out.append(word).append("\r\n");
  }
}

class Redis final : public Dialect {
public:
  explicit Redis(const RedisLogin& login) : login_(login) {}

  std::size_t greet(std::string& out) const override {
    std::size_t answers = 1;
    if (!login_.password.empty()) {
      ++answers;
      if (login_.user.empty()) {
        append_command(out, {"AUTH", login_.password});
      } else {
        append_command(out, {"AUTH", login_.user, login_.password});
      }
    }
    if (login_.database != 0) {
      ++answers;
      append_command(out, {"SELECT", std::to_string(login_.database)});
    }
    append_command(out, {"PING"});
    return answers;
  }

  void append(const Request& request, std::string& out) const override {
    switch (request.verb) {
      case Verb::get:
        return append_command(out, {"GET", request.name});
      case Verb::set:
        return append_command(
            out, {"SET", request.name, request.value, "EX", std::to_string(request.seconds)});
      case Verb::erase:
        return append_command(out, {"DEL", request.name});
      case Verb::hello:
      case Verb::probe:
        return append_command(out, {"PING"});
      case Verb::asking:
        return append_command(out, {"ASKING"});
      case Verb::slots:
        return append_command(out, {"CLUSTER", "SLOTS"});
    }
  }

  std::unique_ptr<ReplyReader> reader() const override { return std::make_unique<Reader>(); }

private:
  RedisLogin login_;
};

}  // namespace

std::unique_ptr<Dialect> make_redis_dialect(const RedisLogin& login) {
  return std::make_unique<Redis>(login);
}

}  // namespace reprise::store
