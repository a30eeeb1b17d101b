#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "compat/declared.hpp"
#include "compat/files.hpp"
#include "compat/load.hpp"
#include "compat/logic.hpp"
#include "compat/magic.hpp"
#include "compat/option_use.hpp"
#include "compat/options/registry.hpp"

namespace reprise::compat {

// What was asked for instead of serving.
enum class Request { none, help, dump_options, stop, reload, pause, connect_and_read, exit };

// Ends the reading where it is: what was asked for happens at once.
struct EndOfReading {};

// The options of all sources in their order (spec/config/config-language.md 1). Options that act
// when they are read do so in here: other files come in right behind the option that names them,
// blocks repeat or leave out what stands in them.
class OptionList {
public:
  // References outlive this.
  OptionList(const Registry& registry, const FileReader& files, const MagicFacts& facts);

  // One more option. Inside a block, as often as the block says.
  void append(OptionUse use);

  // The options in the order in which they act: those that do so when they are read, then the
  // others from the first to the last, with those that they bring in. Once, after the values were
  // expanded. Names that nothing knows are left out.
  std::vector<OptionUse> settle();

  ConfigFiles& files() { return files_; }

  // What options do that change the list.
  void set(const OptionUse& use);
  void define(const OptionUse& use);
  void define_address(const OptionUse& use);
  void declare(const OptionUse& use);
  void open_block(const OptionUse& use);
  void set_strict(const OptionUse& use);
  void forbid(const OptionUse& use);
  void allow_all();
  void permit_only(const OptionUse& use);
  void permit_all();
  void add_plugins(const OptionUse& use);
  void read_environment_directory(const OptionUse& use);  // each file is a variable
  void show_at_end(const OptionUse& use);                 // show-config
  void print(const std::string& line);                    // iprint
  void print_value_of(const std::string& key);            // get
  // False for a name that nobody knows; the nearest one is printed then.
  bool print_explanation(const std::string& name);
  void fall_back_to(const std::string& file);
  // Throws EndOfReading.
  [[noreturn]] void ask(Request request, const std::string& subject = {}, int status = 0);

  // The first option of this name, or null.
  const OptionUse* first_of(const std::string& name) const;
  const DeclaredOption* find_declared(const std::string& name) const;

  std::vector<OptionUse>& uses() { return uses_; }
  std::vector<std::string>& messages() { return messages_; }
  std::vector<Finding>& findings() { return findings_; }
  Request request() const { return request_; }
  const std::string& subject() const { return subject_; }
  int status() const { return status_; }
  bool shows() const { return shows_; }
  const std::string& output() const { return output_; }
  const std::vector<std::string>& keys_to_print() const { return keys_to_print_; }
  const std::string& fallback() const { return fallback_; }
  // The names that conditions looked at.
  const std::set<std::string>& asked_for() const { return asked_for_; }

  [[noreturn]] void fail(const OptionUse& use, std::string_view words, std::string_view advice,
                         Code code = Code::reading) const;

private:
  void store(OptionUse use);
  void act(const OptionUse& use);
  void act_declared(const DeclaredOption& declared, const OptionUse& use);
  void check_lists(const OptionUse& use) const;
  void check_size(const OptionUse& use);
  bool is_known(const std::string& name) const;
  [[noreturn]] void fail_unknown(const OptionUse& use) const;

  const Registry& registry_;
  const FileReader& reader_;
  ConfigFiles files_;
  LogicFacts logic_;
  std::vector<OptionUse> uses_;
  std::unordered_map<std::string, std::size_t> first_;  // in uses_, by name
  std::vector<OptionUse> effects_;                      // what settle() gives
  std::vector<std::string> messages_;
  std::vector<Finding> findings_;
  std::unordered_map<std::string, DeclaredOption> declared_;
  std::size_t declared_depth_ = 0;
  std::optional<Block> block_;
  bool in_block_ = false;  // an option of the block is being stored
  std::size_t bytes_ = 0;  // of all values
  bool strict_ = false;
  std::optional<std::set<std::string>> forbidden_, permitted_;
  std::set<std::string> plugins_;
  bool shows_ = false;
  std::string output_;
  std::vector<std::string> keys_to_print_;
  std::string fallback_;
  std::set<std::string> asked_for_;
  Request request_ = Request::none;
  std::string subject_;
  int status_ = 0;
};

}  // namespace reprise::compat
