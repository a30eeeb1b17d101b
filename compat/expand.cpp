#include "compat/expand.hpp"

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <set>
#include <system_error>
#include <unordered_map>

#include <fmt/format.h>

#include "compat/load.hpp"
#include "compat/number.hpp"
#include "parsers/placeholder/placeholder.hpp"

namespace reprise::compat {
namespace {

using parsers::placeholder::Kind;
using parsers::placeholder::Literal;
using parsers::placeholder::Reference;

constexpr std::size_t max_value = 1024 * 1024;
constexpr std::size_t max_references = 1024;  // that are followed in one value
// What looking over values again and again may cost, in bytes; a look at a short one costs too.
constexpr std::size_t max_work = std::size_t{64} * 1024 * 1024;
constexpr std::size_t work_of_a_look = 256;

class Expander {
public:
  Expander(std::vector<OptionUse>& uses, const FileReader& files,
           const std::vector<std::string>& messages)
      : uses_(uses), files_(files), messages_(messages) {
    for (const OptionUse& use : uses_)
      first_.try_emplace(use.name, &use);
  }

  void pass(Kind kind) {
    for (OptionUse& use : uses_) {
      if (use.value && !use.settled) expand(use, kind);
    }
  }

  std::set<std::string> referred;

private:
  [[noreturn]] void fail(const OptionUse& use, std::string_view words, std::string_view advice) {
    throw ConfigurationError(fmt::format("{}\n{}", words, use.place.describe_value(advice)),
                             messages_);
  }

  // What a reference yields may refer on: after each, the text is looked over again from its second
  // byte on, as in uWSGI (spec/config/config-language.md 8.1). So what a value begins with is
  // final.
  void expand(OptionUse& use, Kind kind) {
    const std::string opening{parsers::placeholder::marker_of(kind), '('};
    std::size_t from = 0, followed = 0;
    while (use.value->find(opening, from) != std::string::npos) {
      work_ += use.value->size() + work_of_a_look;
      if (!replace_first(use, kind, from)) return;
      if (++followed > max_references || work_ > max_work || use.value->size() > max_value) {
        fail(use, fmt::format("the value of \"{}\" refers to itself, or is too long", use.name),
             "a value that ends expected");
      }
      from = 1;
    }
  }

  // The first reference from there on that means something.
  bool replace_first(OptionUse& use, Kind kind, std::size_t from) {
    const std::string& value = *use.value;
    std::size_t at = from;
    for (const auto& piece : parsers::placeholder::parse(value.substr(from), kind)) {
      if (const auto* literal = std::get_if<Literal>(&piece)) {
        at += literal->text.size();
        continue;
      }
      const auto& reference = std::get<Reference>(piece);
      if (const auto found = look_up(use, reference)) {
        use.value = value.substr(0, at) + *found + value.substr(at + reference.text.size());
        use.rewritten = true;
        return true;
      }
      at += reference.text.size();
    }
    return false;
  }

  std::optional<std::string> look_up(const OptionUse& use, const Reference& reference) {
    switch (reference.kind) {
      case Kind::environment:
        if (const char* value = std::getenv(reference.name.c_str())) return value;
        return std::nullopt;
      case Kind::file:
        return read(use, reference.name);
      case Kind::placeholder:
        break;
    }
    if (reference.name.find(' ') != std::string::npos) return calculate(reference.name);
    return value_of(reference.name);
  }

  std::string read(const OptionUse& use, const std::string& name) {
    std::string reason;
    try {
      std::string text = files_.read(name, max_value);
      if (text.ends_with('\n') || text.ends_with('\r')) text.pop_back();
      return text;
    } catch (const std::system_error& error) {
      reason = error.code().message();
    } catch (const std::runtime_error& error) {
      reason = error.what();
    }
    fail(use, fmt::format("open(\"{}\"): {}", name, reason),
         "the name of a readable file expected in @( )");
  }

  std::optional<std::string> value_of(const std::string& name) {
    referred.insert(name);
    const auto found = first_.find(name);
    if (found == first_.end()) return std::nullopt;
    return found->second->value;
  }

  // `a b + 2`: tokens from left to right, texts joined, numbers where an operator stands.
  std::optional<std::string> calculate(const std::string& expression) {
    std::optional<std::string> result;
    char operation = 0;
    for (std::size_t begin = 0; begin < expression.size();) {
      const std::size_t end = std::min(expression.find(' ', begin), expression.size());
      const std::string token = expression.substr(begin, end - begin);
      begin = end + 1;
      if (token.empty()) continue;
      if (token.size() == 1 && std::string_view("+-*/").find(token[0]) != std::string::npos) {
        operation = token[0];
      } else if (token == "++" || token == "--") {
        if (result) result = combine(*result, token[0], "1");
        operation = 0;
      } else {
        const std::string operand = operand_of(token);
        result = operation != 0 ? combine(result.value_or(""), operation, operand)
                                : result.value_or("") + operand;
        operation = 0;
      }
    }
    return result;
  }

  std::string operand_of(const std::string& token) {
    const bool digits = token.find_first_not_of("0123456789") == std::string::npos;
    return digits ? token : value_of(token).value_or("");
  }

  static std::string combine(const std::string& left, char operation, const std::string& right) {
    // Wraps around instead of overflowing.
    const auto a = static_cast<std::uint64_t>(reads_as_integer(left));
    const auto b = static_cast<std::uint64_t>(reads_as_integer(right));
    std::uint64_t result = 0;
    switch (operation) {
      case '+':
        result = a + b;
        break;
      case '-':
        result = a - b;
        break;
      case '*':
        result = a * b;
        break;
      default:
        return std::to_string(quotient(reads_as_integer(left), reads_as_integer(right)));
    }
    return std::to_string(static_cast<std::int64_t>(result));
  }

  static std::int64_t quotient(std::int64_t a, std::int64_t b) {
    if (b == 0) return 0;
    return b == -1 ? static_cast<std::int64_t>(0 - static_cast<std::uint64_t>(a)) : a / b;
  }

  std::vector<OptionUse>& uses_;
  const FileReader& files_;
  const std::vector<std::string>& messages_;
  std::unordered_map<std::string, const OptionUse*> first_;
  std::size_t work_ = 0;
};

}  // namespace

std::set<std::string> expand(std::vector<OptionUse>& uses, const FileReader& files,
                             const std::vector<std::string>& messages) {
  Expander expander(uses, files, messages);
  expander.pass(Kind::environment);
  expander.pass(Kind::file);
  expander.pass(Kind::placeholder);
  return std::move(expander.referred);
}

}  // namespace reprise::compat
