#include "tls/sni.hpp"

#include <filesystem>
#include <stdexcept>

#include "base/log.hpp"

namespace reprise::tls {

std::string lower_case(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

SniContexts::SniContexts(const SniSettings& settings) {
  for (const SniEntry& entry : settings.entries) {
    try {
      add(entry);
    } catch (const std::exception& failure) {
      // As in uWSGI, the service starts without the name.
      log::line(failure.what());
      if (!entry.origin.empty()) log::line(entry.origin);
      log::line("[uwsgi-ssl] DANGER unable to initialize context for \"{}\"", entry.pattern);
    }
  }
  if (settings.directory.empty()) return;
  std::error_code ignored;
  if (!std::filesystem::is_directory(settings.directory, ignored)) {
    log::line("*** WARNING: sni-dir {} is no directory that can be read ***", settings.directory);
  }
  directory_ = std::make_unique<SniDirectory>(settings);
}

void SniContexts::add(const SniEntry& entry) {
  // A name and an expression of the same text are two entries.
  const std::string name = entry.regexp ? "~" + entry.pattern : lower_case(entry.pattern);
  auto site =
      std::make_shared<const Site>(make_site({entry.identity, entry.policy, entry.pattern, name}));
  if (entry.regexp) {
    patterns_.push_back({SniPattern(entry.pattern), std::move(site)});
  } else {
    names_.try_emplace(name, std::move(site));
  }
}

std::shared_ptr<const Site> SniContexts::find(const std::string& name) {
  if (name.empty()) return nullptr;
  if (const auto exact = names_.find(name); exact != names_.end()) return exact->second;
  for (const Pattern& pattern : patterns_) {
    if (pattern.expression.matches(name)) return pattern.site;
  }
  return directory_ ? directory_->find(name) : nullptr;
}

std::shared_ptr<SniContexts> make_sni_contexts(const SniSettings& settings) {
  return std::make_shared<SniContexts>(settings);
}

}  // namespace reprise::tls
