#include "process/title.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

namespace reprise::process {
namespace {

// The kernel's own memory of the command line and, behind it, of the environment: one per process,
// so kept for the process.
struct TitleArea {
  char* begin = nullptr;
  std::size_t command_line = 0;  // bytes
  std::size_t whole = 0;         // with the environment
  bool environment_moved = false;
};

TitleArea& area() {
  static TitleArea bytes;
  return bytes;
}

// Where the program finds it from now on, so that a title may take its old place.
void move_environment() {
  static std::vector<std::string> texts;
  static std::vector<char*> entries;
  for (char** entry = ::environ; entry != nullptr && *entry != nullptr; ++entry)
    texts.emplace_back(*entry);
  for (std::string& text : texts)
    entries.push_back(text.data());
  entries.push_back(nullptr);
  ::environ = entries.data();
}

}  // namespace

void remember_title_area(int argc, char** argv) {
  if (argc < 1) return;
  char* end = argv[argc - 1] + std::strlen(argv[argc - 1]) + 1;
  area().begin = argv[0];
  area().command_line = static_cast<std::size_t>(end - argv[0]);
  for (char** entry = ::environ; entry != nullptr && *entry == end; ++entry)
    end += std::strlen(*entry) + 1;
  area().whole = static_cast<std::size_t>(end - argv[0]);
}

void set_title(std::string_view title) {
  TitleArea& bytes = area();
  if (bytes.begin == nullptr) return;
  if (title.size() >= bytes.command_line && !bytes.environment_moved) {
    move_environment();
    bytes.environment_moved = true;
  }
  const std::size_t room = bytes.environment_moved ? bytes.whole : bytes.command_line;
  const std::size_t size = std::min(title.size(), room - 1);
  std::memcpy(bytes.begin, title.data(), size);
  std::fill(bytes.begin + size, bytes.begin + std::max(size + 1, bytes.command_line), '\0');
  // Where the command line's last byte is not NUL, the kernel takes it for a title and shows it up
  // to its end; else it shows all of the command line's old length (proc(5), setproctitle(3)).
  if (size + 1 < bytes.command_line) bytes.begin[bytes.command_line - 1] = '.';
}

}  // namespace reprise::process
