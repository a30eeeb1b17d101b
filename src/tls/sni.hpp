#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "tls/context.hpp"
#include "tls/site.hpp"
#include "tls/sni_directory.hpp"
#include "tls/sni_pattern.hpp"

namespace reprise::tls {

// Of ASCII letters; how names are compared (RFC 4343).
std::string lower_case(std::string_view text);

// Which site a server name leads to: names first, then expressions in their order, then the
// directory (spec/routers/https.md 5; unlike there, names are compared without their case, and
// every entry brings its whole policy).
class SniContexts {
public:
  explicit SniContexts(const SniSettings& settings);

  // No name leads anywhere.
  bool empty() const { return names_.empty() && patterns_.empty() && !directory_; }

  // `name` is in lower case. Null: the listener's own site. What it returns stays valid as long as
  // the caller holds it.
  std::shared_ptr<const Site> find(const std::string& name);

private:
  struct Pattern {
    SniPattern expression;
    std::shared_ptr<const Site> site;
  };

  void add(const SniEntry& entry);

  std::unordered_map<std::string, std::shared_ptr<const Site>> names_;
  std::vector<Pattern> patterns_;
  std::unique_ptr<SniDirectory> directory_;
};

}  // namespace reprise::tls
