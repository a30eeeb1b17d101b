#include "compat/option_list.hpp"

#include <algorithm>
#include <cstdlib>

#include <fmt/format.h>

#include "compat/number.hpp"
#include "compat/plugins.hpp"

namespace reprise::compat {
namespace {

constexpr std::size_t max_options = 500000;                        // of all sources
constexpr std::size_t max_bytes = std::size_t{128} * 1024 * 1024;  // of all keys and values
constexpr std::size_t max_declared_depth = 16;

std::set<std::string> words_of(const std::string& text) {
  std::set<std::string> words;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find(' ', begin), text.size());
    if (end > begin) words.insert(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return words;
}

}  // namespace

OptionList::OptionList(const Registry& registry, const FileReader& files, const MagicFacts& facts)
    : registry_(registry), reader_(files), files_(*this, files, facts) {
  logic_.files = &files;
  logic_.host_name = facts.host_name;
  logic_.first_of = [this](const std::string& name) {
    asked_for_.insert(name);
    return first_of(name);
  };
  logic_.has_plugin = [this](const std::string& name) {
    return is_built_in(name) || plugins_.contains(name);
  };
  logic_.say = [this](const std::string& line) { messages_.push_back(line); };
}

void OptionList::fail(const OptionUse& use, std::string_view words, std::string_view advice,
                      Code code) const {
  ConfigurationError error(fmt::format("{}\n{}", words, use.place.describe_key(advice)), messages_);
  error.code = code;
  throw error;
}

void OptionList::fail_unknown(const OptionUse& use) const {
  const std::string_view nearest = registry_.nearest(use.name);
  fail(use, fmt::format("[strict-mode] unknown config directive: {}", use.name),
       nearest.empty() ? "no option has this name" : fmt::format("did you mean {}?", nearest),
       Code::unknown);
}

const OptionUse* OptionList::first_of(const std::string& name) const {
  const auto found = first_.find(name);
  return found == first_.end() ? nullptr : &uses_[found->second];
}

const DeclaredOption* OptionList::find_declared(const std::string& name) const {
  const auto found = declared_.find(name);
  return found == declared_.end() ? nullptr : &found->second;
}

bool OptionList::is_known(const std::string& name) const {
  return registry_.find(name) != nullptr || find_declared(name) != nullptr;
}

void OptionList::append(OptionUse use) {
  if (!block_ || in_block_) return store(std::move(use));
  if (ends_block(use.name)) {
    block_.reset();
    return store(std::move(use));
  }
  in_block_ = true;
  for (const auto& item : block_->rounds())
    store(in_round(use, item));
  in_block_ = false;
}

void OptionList::store(OptionUse use) {
  check_lists(use);
  check_size(use);
  const Option* option = registry_.find(use.name);
  const bool declared = option == nullptr && find_declared(use.name) != nullptr;
  if (option == nullptr && !declared && strict_ && !use.settled) fail_unknown(use);
  const bool now = !use.settled && (declared || (option != nullptr && option->acts_at_once()));
  use.settled = use.settled || now;
  first_.try_emplace(use.name, uses_.size());
  uses_.push_back(use);
  if (now) act(use);
}

void OptionList::check_size(const OptionUse& use) {
  bytes_ += use.name.size() + use.text().size();
  if (uses_.size() >= max_options) fail(use, "too many options", "this is one too many");
  if (bytes_ > max_bytes) {
    fail(use, fmt::format("more than {} bytes of options", max_bytes), "this is too much");
  }
}

void OptionList::check_lists(const OptionUse& use) const {
  const bool black = forbidden_ && forbidden_->contains(use.name);
  if (!black && (!permitted_ || permitted_->contains(use.name))) return;
  fail(use,
       fmt::format("uWSGI error: forbidden option \"{}\" (by {})", use.name,
                   black ? "blacklist" : "whitelist"),
       "an option that the list above allows expected");
}

void OptionList::act(const OptionUse& use) {
  const Option* option = registry_.find(use.name);
  if (option == nullptr) return act_declared(*find_declared(use.name), use);
  if (option->read != nullptr) option->read(*this, use);
  if (option->read != nullptr && option->apply == nullptr) return;
  if (effects_.size() >= max_options) fail(use, "too many options", "this is one too many");
  effects_.push_back(use);
}

void OptionList::act_declared(const DeclaredOption& declared, const OptionUse& use) {
  if (declared_depth_ == max_declared_depth) {
    fail(use, fmt::format("the option \"{}\" stands for itself", use.name),
         "a declare-option that ends expected");
  }
  ++declared_depth_;
  for (auto& [name, value] : declared.options(use.text())) {
    OptionUse made = use;
    made.name = std::move(name);
    made.value = std::move(value);
    made.rewritten = made.settled = true;
    check_size(made);
    if (is_known(made.name)) act(made);
  }
  --declared_depth_;
}

std::vector<OptionUse> OptionList::settle() {
  for (std::size_t i = 0; i < uses_.size(); ++i) {
    if (uses_[i].settled) continue;
    if (!is_known(uses_[i].name)) {
      if (strict_) fail_unknown(uses_[i]);
      continue;
    }
    uses_[i].settled = true;
    const std::size_t before = uses_.size();
    act(OptionUse(uses_[i]));
    // What came in may have made a name known that was passed over.
    if (uses_.size() != before) i = static_cast<std::size_t>(-1);
  }
  return std::move(effects_);
}

void OptionList::set(const OptionUse& use) {
  const std::size_t equals = use.text().find('=');
  if (equals == std::string::npos)
    fail(use, "invalid placeholder/--set value", "name=value expected");
  OptionUse added = use;
  added.name = use.text().substr(0, equals);
  added.value = use.text().substr(equals + 1);
  added.rewritten = true;
  added.settled = false;
  store(std::move(added));
}

void OptionList::define(const OptionUse& use) {
  const std::size_t equals = use.text().find('=');
  if (equals == std::string::npos)
    fail(use, "invalid placeholder/--set value", "name=value expected");
  OptionUse added = use;
  added.name = use.text().substr(0, equals);
  added.value = use.text().substr(equals + 1);
  added.rewritten = added.settled = true;
  if (registry_.find(added.name) != nullptr) {
    fail(use,
         fmt::format("you cannot use {} as a placeholder, it is already available as an option",
                     added.name),
         "another name expected");
  }
  store(std::move(added));
}

void OptionList::define_address(const OptionUse& use) {
  const std::size_t equals = use.text().find('=');
  if (equals == std::string::npos) {
    fail(use, "invalid resolve syntax, must be placeholder=domain", "name=host expected");
  }
  const std::string host = use.text().substr(equals + 1);
  OptionUse named = use;
  try {
    named.value = use.text().substr(0, equals + 1) + reader_.address_of(host);
  } catch (const std::runtime_error& error) {
    fail(use, fmt::format("unable to resolve name {}", host), error.what(), Code::name);
  }
  define(named);
}

void OptionList::declare(const OptionUse& use) {
  const std::size_t equals = use.text().find('=');
  if (equals == std::string::npos) {
    fail(use, fmt::format("invalid {} syntax, must be newoption=template", use.text()),
         "name=key=value expected");
  }
  const std::string name = use.text().substr(0, equals);
  declared_.try_emplace(name, DeclaredOption{name, use.text().substr(equals + 1)});
}

void OptionList::open_block(const OptionUse& use) {
  if (block_) {
    fail(use, fmt::format("recursive logic in options is not supported (option = {})", use.name),
         "the end of the block that is open expected first");
  }
  try {
    block_.emplace(use, logic_);
  } catch (const std::runtime_error& error) {
    fail(use, fmt::format("{}: {}", use.name, error.what()), "another value expected");
  }
}

void OptionList::set_strict(const OptionUse& use) {
  strict_ = !use.value || reads_as_true(*use.value);
}

void OptionList::forbid(const OptionUse& use) {
  forbidden_ = words_of(use.text());
}

void OptionList::allow_all() {
  forbidden_.reset();
}

void OptionList::permit_only(const OptionUse& use) {
  permitted_ = words_of(use.text());
}

void OptionList::permit_all() {
  permitted_.reset();
}

void OptionList::add_plugins(const OptionUse& use) {
  for (const std::string& name : plugin_names(use.text())) {
    plugins_.insert(name_when_loaded(name));
    if (is_plugin_of_uwsgi(name)) continue;
    const std::string words = fmt::format("unable to load plugin \"{}\"", name);
    if (use.name.starts_with("need-")) fail(use, words, "uWSGI has no plugin of this name");
    messages_.push_back(
        fmt::format("!!! {}: {}: there is none of this name !!!", use.place.short_text(), words));
    findings_.push_back(finding_at(use, Severity::warning, Code::unknown, words,
                                   "uWSGI has no plugin of this name"));
  }
}

void OptionList::read_environment_directory(const OptionUse& use) {
  constexpr std::size_t max_variable = 65536;
  for (const std::string& file : reader_.match(use.text() + "/*")) {
    if (reader_.kind(file) != FileKind::regular) continue;
    std::string value = reader_.read(file, max_variable);
    while (value.ends_with('\n') || value.ends_with('\r'))
      value.pop_back();
    ::setenv(file.substr(file.rfind('/') + 1).c_str(), value.c_str(), 1);
  }
}

void OptionList::show_at_end(const OptionUse& use) {
  shows_ = !use.value || reads_as_true(*use.value);
}

void OptionList::print(const std::string& line) {
  output_ += line + '\n';
}

void OptionList::print_value_of(const std::string& key) {
  keys_to_print_.push_back(key);
}

bool OptionList::print_explanation(const std::string& name) {
  const std::string text = registry_.explain(name);
  output_ += text;
  if (!text.empty()) return true;
  const std::string_view nearest = registry_.nearest(name);
  print(fmt::format("there is no option \"{}\"{}", name,
                    nearest.empty() ? "" : fmt::format(", did you mean \"{}\"?", nearest)));
  return false;
}

void OptionList::fall_back_to(const std::string& file) {
  fallback_ = file;
}

void OptionList::ask(Request request, const std::string& subject, int status) {
  request_ = request;
  subject_ = subject;
  status_ = status;
  throw EndOfReading();
}

}  // namespace reprise::compat
