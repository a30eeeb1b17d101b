#include "tls/sni_pattern.hpp"

#include <new>
#include <stdexcept>

#include <fmt/format.h>

namespace reprise::tls {
namespace {

// Clients choose the names; an expression that backtracks must not become their lever.
constexpr std::uint32_t max_steps = 20000;

PCRE2_SPTR bytes_of(const std::string& text) {
  return reinterpret_cast<PCRE2_SPTR>(text.data());
}

}  // namespace

SniPattern::SniPattern(const std::string& expression) {
  int error = 0;
  PCRE2_SIZE offset = 0;
  code_.reset(pcre2_compile(bytes_of(expression), expression.size(), PCRE2_CASELESS, &error,
                            &offset, nullptr));
  if (!code_) {
    PCRE2_UCHAR text[120] = "";
    pcre2_get_error_message(error, text, sizeof text);
    throw std::runtime_error(fmt::format("sni-regexp \"{}\": {} at offset {}", expression,
                                         reinterpret_cast<const char*>(text), offset));
  }
  data_.reset(pcre2_match_data_create_from_pattern(code_.get(), nullptr));
  limits_.reset(pcre2_match_context_create(nullptr));
  if (!data_ || !limits_) throw std::bad_alloc();
  pcre2_set_match_limit(limits_.get(), max_steps);
}

bool SniPattern::matches(const std::string& name) const {
  return pcre2_match(code_.get(), bytes_of(name), name.size(), 0, 0, data_.get(), limits_.get()) >
         0;
}

}  // namespace reprise::tls
