#pragma once

#include <memory>
#include <string>

#ifndef PCRE2_CODE_UNIT_WIDTH
#define PCRE2_CODE_UNIT_WIDTH 8
#endif
#include <pcre2.h>

namespace reprise::tls {

// An expression of `sni-regexp`: not anchored, as in uWSGI; without regard to case, as names are.
class SniPattern {
public:
  // Throws std::runtime_error with the place in the expression.
  explicit SniPattern(const std::string& expression);

  // False too if matching would take more than a bounded number of steps.
  bool matches(const std::string& name) const;

private:
  struct Free {
    void operator()(pcre2_code* code) const { pcre2_code_free(code); }
    void operator()(pcre2_match_data* data) const { pcre2_match_data_free(data); }
    void operator()(pcre2_match_context* context) const { pcre2_match_context_free(context); }
  };

  std::unique_ptr<pcre2_code, Free> code_;
  std::unique_ptr<pcre2_match_data, Free> data_;
  std::unique_ptr<pcre2_match_context, Free> limits_;
};

}  // namespace reprise::tls
