#include <cstring>
#include <pugixml.hpp>

#include <fmt/format.h>

#include "compat/formats/format.hpp"

namespace reprise::compat {
namespace {

constexpr char root_name[] = "uwsgi";

class Reader {
public:
  explicit Reader(const std::string& text) : text_(text) {}

  void read(const pugi::xml_node& root) {
    for (const pugi::xml_node& node : root.children()) {
      if (node.type() == pugi::node_cdata) add("eval", node.value(), node);
      if (node.type() != pugi::node_element) continue;
      if (std::strcmp(node.name(), "app") == 0) {
        read_app(node);
      } else {
        const pugi::xml_node content = node.first_child();
        add(node.name(), content.empty() ? "1" : content.value(), node);
      }
    }
  }

  Pairs pairs;

private:
  void add(std::string key, std::string value, const pugi::xml_node& node) {
    pairs.push_back({std::move(key), std::move(value), nowhere});
    if (node.offset_debug() < 0) return;
    while (walked_ < static_cast<std::size_t>(node.offset_debug())) {
      if (text_[walked_++] == '\n') ++line_;
    }
    pairs.back().at = {line_, 1};
  }

  void read_app(const pugi::xml_node& node) {
    const pugi::xml_attribute mountpoint = node.attribute("mountpoint");
    if (mountpoint.empty()) return;
    add("mount", fmt::format("{}={}", mountpoint.value(), node.first_child().value()), node);
    add("app", "", node);
  }

  const std::string& text_;
  std::size_t walked_ = 0;
  std::size_t line_ = 1;
};

pugi::xml_node find_root(const pugi::xml_document& document, const std::string& id) {
  const pugi::xml_node root = document.document_element();
  if (std::strcmp(root.name(), root_name) == 0) return root;
  for (const pugi::xml_node& child : root.children(root_name)) {
    if (id.empty() || id == child.attribute("id").value()) return child;
  }
  throw FormatError("[uWSGI] invalid xml root element, <uwsgi> expected.", nowhere);
}

}  // namespace

Pairs read_xml(const std::string& text, const std::string& id, const std::string& file) {
  pugi::xml_document document;
  const pugi::xml_parse_result result = document.load_buffer(
      text.data(), text.size(), pugi::parse_default | pugi::parse_ws_pcdata_single);
  if (!result) {
    throw FormatError(
        fmt::format("[uWSGI] could not parse file {}. {}", file, result.description()),
        parsers::position_of(text, static_cast<std::size_t>(result.offset)));
  }
  Reader reader(text);
  reader.read(find_root(document, id));
  return std::move(reader.pairs);
}

}  // namespace reprise::compat
