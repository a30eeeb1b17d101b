// Files that are answered without the application (spec/process/wsgi.md 8).
#include <filesystem>

#include "compat/builder.hpp"
#include "compat/options/registry.hpp"

namespace reprise::compat {
namespace {

using application::StaticSettings;

StaticSettings& settings(Builder& b) {
  return b.config.application.files;
}

void note_origin(Builder& b, const OptionUse& use) {
  std::string& origin = b.config.application.origin;
  if (origin.empty()) origin = use.place.describe_key("for this option");
}

// As it is named from here, whatever `chdir` says.
std::string absolute(const std::string& path) {
  return std::filesystem::absolute(path).lexically_normal().string();
}

template <bool with_prefix>
void add_mapping(Builder& b, const OptionUse& use) {
  const std::string& text = use.text();
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0 || equals + 1 == text.size()) {
    b.fail(use, "invalid document root in static map, syntax mountpoint=docroot",
           "/path=directory expected");
  }
  note_origin(b, use);
  settings(b).mappings.push_back(
      {text.substr(0, equals), absolute(text.substr(equals + 1)), with_prefix});
}

void add_directory(Builder& b, const OptionUse& use) {
  note_origin(b, use);
  settings(b).directories.push_back(absolute(use.text()));
}

template <std::vector<std::string> StaticSettings::*member>
void add_path(Builder& b, const OptionUse& use) {
  (settings(b).*member).push_back(absolute(use.text()));
}

template <std::vector<std::string> StaticSettings::*member>
void add_text(Builder& b, const OptionUse& use) {
  (settings(b).*member).push_back(use.text());
}

}  // namespace

std::vector<Option> application_file_options() {
  constexpr auto full = Support::full;
  constexpr auto required = Argument::required;
  static constexpr char check[] = "answer with files below this directory that are there";
  static constexpr char types[] = "types of files, beside those of /etc/mime.types";
  return {
      {"static-map", required, full, "answer a path with files: /path=directory",
       add_mapping<false>},
      {"static-map2", required, full, "the same, with the path below the directory",
       add_mapping<true>},
      {"check-static", required, full, check, add_directory},
      {"static-check", required, full, check, add_directory},
      {"static-index", required, full, "file that answers for its directory",
       add_text<&StaticSettings::indexes>},
      {"static-safe", required, full, "links may lead to files below this directory, too",
       add_path<&StaticSettings::safe>},
      {"static-skip-ext", required, full, "files with this ending are for the application",
       add_text<&StaticSettings::left_out>},
      {"mimefile", required, full, types, add_path<&StaticSettings::type_files>},
      {"mime-file", required, full, types, add_path<&StaticSettings::type_files>},
  };
}

}  // namespace reprise::compat
