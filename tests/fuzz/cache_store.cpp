// A store file that somebody changed. The input is a list of changes to a good one: where (4
// bytes), how many bytes, the bytes; where the upper half of the first byte says so, the header's
// checksum is made to fit. Whatever comes of it: it is refused, or what it gives is in order.
#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "cache/checksum.hpp"
#include "cache/store_file.hpp"
#include "cache/store_reader.hpp"

namespace {

using namespace reprise;
constexpr UnixSeconds now = 1000;

// Of the file's own, so that inputs run side by side.
struct File {
  std::string path = "/dev/shm/reprise-fuzz-" + std::to_string(::getpid());
  ~File() { ::unlink(path.c_str()); }
};

cache::Settings settings_for(const std::string& path) {
  cache::Settings settings;
  settings.max_items = 30;
  settings.blocksize = 300;
  settings.keysize = 50;
  settings.store = path;
  settings.ignore_full = true;
  return settings;
}

// The same bytes every time but for the secret, which a checksum that fits hides.
const std::string& good_store(const std::string& path) {
  static const std::string content = [&] {
    ::unlink(path.c_str());
    const auto store = cache::open_store(settings_for(path), now, cache::StorePurpose::use);
    for (int i = 0; i < 20; ++i) {
      store.cache->set("key-" + std::to_string(i),
                       std::string(static_cast<std::size_t>(1 + i * 14), 'v'),
                       i % 3 == 0 ? now + 50 : 0, now);
    }
    store.cache->erase("key-5");
    std::string bytes;
    char buffer[4096];
    const int fd = ::open(path.c_str(), O_RDONLY);
    for (ssize_t n; (n = ::read(fd, buffer, sizeof buffer)) > 0;)
      bytes.append(buffer, static_cast<std::size_t>(n));
    ::close(fd);
    return bytes;
  }();
  return content;
}

void change(std::string& file, const std::uint8_t* data, std::size_t size) {
  const bool fit = size > 0 && data[0] >= 128;
  for (std::size_t at = 1; at + 5 <= size;) {
    std::uint32_t where = 0;
    std::memcpy(&where, data + at, sizeof where);
    const std::size_t count = std::min<std::size_t>(data[at + 4], size - at - 5);
    where %= static_cast<std::uint32_t>(file.size());
    const std::size_t n = std::min<std::size_t>(count, file.size() - where);
    std::memcpy(file.data() + where, data + at + 5, n);
    at += 5 + count;
  }
  if (!fit) return;
  cache::Preamble preamble;
  std::memcpy(&preamble, file.data(), sizeof preamble);
  const std::uint64_t sum = cache::checksum_of(preamble);
  std::memcpy(file.data() + offsetof(cache::Header, preamble_checksum), &sum, sizeof sum);
}

void write_file(const std::string& path, const std::string& bytes) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  if (::write(fd, bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size())) std::abort();
  ::close(fd);
}

void require(bool holds, const std::string& what) {
  if (holds) return;
  std::fprintf(stderr, "%s\n", what.c_str());
  std::abort();
}

void use(cache::Cache& cache) {
  require(cache.verify().empty(), "after opening: " + cache.verify());
  for (int i = 0; i < 40; ++i) {
    const std::string key = "key-" + std::to_string(i);
    cache.get(key, now);
    cache.update(key, "again", now + 10, now);
    if (i % 2 == 0) cache.erase(key);
  }
  require(cache.verify().empty(), "after use: " + cache.verify());
  while (!cache.sweep(now + 100, 5).finished) {
  }
  cache.clear();
  require(cache.verify().empty() && cache.counts().items == 0, "after clear: " + cache.verify());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const File file;
  std::string bytes = good_store(file.path);
  change(bytes, data, size);
  write_file(file.path, bytes);
  try {
    cache::read_store(file.path, now, [](const cache::ItemFacts&) {});
  } catch (const std::exception&) {
  }
  try {
    use(*cache::open_store(settings_for(file.path), now, cache::StorePurpose::use).cache);
  } catch (const cache::StoreRefused&) {
  } catch (const std::system_error&) {
  }
  return 0;
}
