// What ends a start is an error of the check, and nothing else that reading can tell: over every
// case of tests/golden/configuration.
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <boost/json.hpp>
#include <gtest/gtest.h>

#include "check/surroundings.hpp"
#include "compat/load.hpp"
#include "compat/source.hpp"

namespace reprise::check {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

const fs::path data = TEST_DATA "/golden/configuration";

json::object read_json(const char* name) {
  std::ifstream file(data / name);
  return json::parse(std::string(std::istreambuf_iterator<char>(file), {})).as_object();
}

std::string text_of(const json::value& value) {
  return std::string(value.as_string());
}

class CorpusTest : public ::testing::Test {
protected:
  CorpusTest() {
    char pattern[] = "/tmp/reprise-corpus-XXXXXX";
    directory_ = ::mkdtemp(pattern);
    fs::copy(data / "support", directory_,
             fs::copy_options::recursive | fs::copy_options::copy_symlinks);
    fs::copy(data / "cases", directory_,
             fs::copy_options::recursive | fs::copy_options::overwrite_existing);
    fs::current_path(directory_);
  }
  ~CorpusTest() override { fs::remove_all(directory_); }

  std::vector<std::string> arguments(const std::string& name, const json::object& how) const {
    std::vector<std::string> words{"reprise"};
    const std::string file = name.substr(0, name.find('['));
    if (!how.contains("argv")) {
      const std::string ending = fs::path(file).extension().string().substr(1);
      words.insert(words.end(), {"--" + (ending == "yml" ? "yaml" : ending), file});
      return words;
    }
    for (const json::value& word : how.at("argv").as_array()) {
      std::string text = text_of(word);
      if (const auto at = text.find("{DIR}"); at != std::string::npos)
        text.replace(at, 5, directory_);
      words.push_back(text);
    }
    return words;
  }

  void lay_out(const json::object& how) const {
    if (!how.contains("files")) return;
    for (const auto& [name, text] : how.at("files").as_object()) {
      const fs::path file = fs::path(directory_) / std::string(name);
      fs::create_directories(file.parent_path());
      std::ofstream(file, std::ios::binary) << text_of(text);
    }
  }

  static std::vector<std::string> environment(const json::object& how) {
    ::clearenv();
    ::setenv("PATH", "/usr/bin:/bin", 1);
    if (how.contains("env")) {
      for (const auto& [name, text] : how.at("env").as_object())
        ::setenv(std::string(name).c_str(), text_of(text).c_str(), 1);
    }
    return compat::environment();
  }

  // How a start ends, or nothing.
  static std::string refusal(const std::vector<std::string>& words) {
    const Surroundings surroundings;
    try {
      compat::load(words, compat::SystemFiles(), surroundings.environment());
    } catch (const compat::ConfigurationError& error) {
      return error.what();
    }
    return "";
  }

  static std::vector<compat::Finding> errors(const std::vector<std::string>& words) {
    const Surroundings surroundings;
    std::vector<compat::Finding> found;
    for (const auto& finding :
         compat::load_all(words, compat::SystemFiles(), surroundings.environment()).findings) {
      if (finding.severity == compat::Severity::error) found.push_back(finding);
    }
    return found;
  }

  std::string directory_;
};

TEST_F(CorpusTest, ErrorsAreWhatEndsAStart) {
  const Surroundings before;
  const json::object all_how = read_json("cases.json");
  int starting = 0, refused = 0;
  for (const auto& entry : read_json("uwsgi.json")) {
    const std::string name(entry.key());
    const json::object none;
    const auto found = all_how.find(name);
    const json::object& how = found == all_how.end() ? none : found->value().as_object();
    // Those that need a command line or an input of their own.
    if (how.contains("raw_argv") || how.contains("stdin")) continue;
    lay_out(how);
    environment(how);
    const std::vector<std::string> words = arguments(name, how);
    const std::string why = refusal(words);
    const auto found_errors = errors(words);
    ++(why.empty() ? starting : refused);
    ASSERT_EQ(why.empty(), found_errors.empty())
        << name << ": " << why << (found_errors.empty() ? "" : found_errors.front().message);
    if (why.empty()) continue;
    EXPECT_EQ(found_errors.front(),
              compat::finding_of(compat::Severity::error, found_errors.front().code, why))
        << name;
  }
  EXPECT_GT(starting + refused, 500);
  EXPECT_GT(refused, 100);
}

}  // namespace
}  // namespace reprise::check
