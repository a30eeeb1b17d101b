#include <algorithm>
#include <charconv>

#include "store/dialect.hpp"
#include "store/vault.hpp"

// memcached's text protocol (its doc/protocol.txt).
namespace reprise::store {
namespace {

constexpr std::size_t most_line = 1024;
constexpr Bytes line_end = "\r\n";
constexpr Bytes tail = "\r\nEND\r\n";  // of a value
// Of a value that is none of ours, to find the answer behind it.
constexpr std::size_t most_skipped = std::size_t{1} << 20;

class Reader final : public ReplyReader {
public:
  error_code feed(Bytes bytes) override {
    buffer_.erase(0, used_);
    used_ = 0;
    // What is asked for in a row is answered in a row.
    if (buffer_.size() + bytes.size() > 4 * (Vault::most_value + most_line)) return errc::too_large;
    buffer_.append(bytes);
    return {};
  }

  bool has_rest() const override { return used_ < buffer_.size(); }

  Result<std::optional<Reply>> next(const Request& request) override {
    if (skips_) return skip();
    const Bytes rest = Bytes(buffer_).substr(used_);
    const std::size_t end = rest.substr(0, most_line).find(line_end);
    if (end == Bytes::npos) {
      if (rest.size() >= most_line) return errc::malformed;
      return std::optional<Reply>();
    }
    const Bytes line = rest.substr(0, end);
    if (request.verb == Verb::get && line.starts_with("VALUE "))
      return value(request, line, rest.substr(end + 2), end + 2);
    used_ += end + 2;
    const auto reply = one_line(request.verb, line);
    if (!reply) return errc::malformed;
    return std::optional<Reply>(*reply);
  }

private:
  // `VALUE name flags size`, the value, `END`.
  Result<std::optional<Reply>> value(const Request& request, Bytes line, Bytes rest,
                                     std::size_t before) {
    line.remove_prefix(6);
    if (!line.starts_with(request.name)) return errc::malformed;
    line.remove_prefix(request.name.size());
    std::uint32_t flags = 0;
    std::size_t size = 0;
    if (!number(line, flags) || !number(line, size) || !line.empty()) return errc::malformed;
    if (size > most_skipped) return errc::malformed;
    if (size > Vault::most_value) {
      used_ += before;
      skips_ = true;
      left_ = size;
      return skip();
    }
    const Bytes end = rest.substr(std::min(size, rest.size())).substr(0, tail.size());
    if (!tail.starts_with(end)) return errc::malformed;
    if (end.size() < tail.size()) return std::optional<Reply>();
    used_ += before + size + tail.size();
    Reply reply;
    reply.answer = Answer::value;
    reply.text.assign(rest.substr(0, size));
    return std::optional<Reply>(std::move(reply));
  }

  // Goes over a value that is too long for a session, which needs no room.
  Result<std::optional<Reply>> skip() {
    const std::size_t passed = std::min(left_, buffer_.size() - used_);
    used_ += passed;
    left_ -= passed;
    if (left_ > 0) return std::optional<Reply>();
    const Bytes end = Bytes(buffer_).substr(used_, tail.size());
    if (!tail.starts_with(end)) return errc::malformed;
    if (end.size() < tail.size()) return std::optional<Reply>();
    used_ += tail.size();
    skips_ = false;
    return std::optional<Reply>(said(Answer::unfit, "a value that is too long"));
  }

  template <class Number>
  static bool number(Bytes& line, Number& into) {
    if (!line.starts_with(' ')) return false;
    line.remove_prefix(1);
    const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), into);
    if (error != std::errc() || end == line.data()) return false;
    line.remove_prefix(static_cast<std::size_t>(end - line.data()));
    return true;
  }

  static Reply said(Answer answer, Bytes words) {
    Reply reply;
    reply.answer = answer;
    reply.text.assign(words);
    return reply;
  }

  static std::optional<Reply> one_line(Verb verb, Bytes line) {
    const bool is_server_error = line.starts_with("SERVER_ERROR ");
    if (is_server_error && line.find("too large") != Bytes::npos)
      return said(Answer::too_large, line);
    if (is_server_error && line.find("memory") != Bytes::npos) return said(Answer::full, line);
    if (is_server_error || line.starts_with("CLIENT_ERROR ") || line == "ERROR")
      return said(Answer::refused, line);
    switch (verb) {
      case Verb::get:
        if (line == "END") return said(Answer::absent, {});
        break;
      case Verb::set:
        if (line == "STORED" || line == "NOT_STORED") return said(Answer::done, {});
        break;
      case Verb::erase:
        if (line == "DELETED" || line == "NOT_FOUND") return said(Answer::done, {});
        break;
      case Verb::hello:
      case Verb::probe:
        if (line.starts_with("VERSION ")) return said(Answer::done, {});
        break;
      case Verb::asking:
      case Verb::slots:
        break;
    }
    return std::nullopt;
  }

  std::string buffer_;
  std::size_t used_ = 0;
  bool skips_ = false;
  std::size_t left_ = 0;  // to be skipped
};

class Memcached final : public Dialect {
public:
  std::size_t greet(std::string& out) const override {
    out.append("version\r\n");
    return 1;
  }

  void append(const Request& request, std::string& out) const override {
    switch (request.verb) {
      case Verb::get:
        out.append("get ").append(request.name).append(line_end);
        return;
      case Verb::set:
        out.append("set ").append(request.name).append(" 0 ");
        out.append(std::to_string(request.seconds)).append(" ");
        out.append(std::to_string(request.value.size())).append(line_end);
        out.append(request.value).append(line_end);
        return;
      case Verb::erase:
        out.append("delete ").append(request.name).append(line_end);
        return;
      case Verb::hello:
      case Verb::probe:
      case Verb::asking:
      case Verb::slots:
        out.append("version\r\n");
        return;
    }
  }

  std::unique_ptr<ReplyReader> reader() const override { return std::make_unique<Reader>(); }
};

}  // namespace

std::unique_ptr<Dialect> make_memcached_dialect() {
  return std::make_unique<Memcached>();
}

std::optional<Trouble> trouble_of(Answer answer) {
  switch (answer) {
    case Answer::value:
    case Answer::absent:
    case Answer::done:
    case Answer::moved:
    case Answer::ask:
    case Answer::slots:
      return std::nullopt;
    case Answer::not_ready:
      return Trouble::not_ready;
    case Answer::full:
      return Trouble::full;
    case Answer::denied:
      return Trouble::denied;
    case Answer::too_large:
      return Trouble::too_large;
    case Answer::unfit:
      return Trouble::unfit;
    case Answer::refused:
      return Trouble::refused;
  }
  return Trouble::refused;
}

}  // namespace reprise::store
