#include "app/preload.hpp"

#include <zlib.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include <fmt/format.h>

namespace reprise::app {
namespace {

using Kind = cache::Preload::Kind;

std::string read_file(const cache::Preload& item) {
  std::ifstream file(item.text, std::ios::binary);
  std::string content(std::istreambuf_iterator<char>(file), {});
  if (!file.is_open() || file.bad()) {
    throw std::runtime_error(
        fmt::format("open(\"{}\"): {}\n{}", item.text, std::strerror(errno), item.origin));
  }
  return content;
}

// In gzip's format, for Content-Encoding.
std::string gzip(const std::string& content) {
  constexpr int with_gzip_head = 15 + 16;
  constexpr int usual_memory = 8;
  z_stream stream{};
  if (::deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, with_gzip_head, usual_memory,
                     Z_DEFAULT_STRATEGY) != Z_OK) {
    throw std::runtime_error("deflateInit2()");
  }
  std::string out(::deflateBound(&stream, static_cast<uLong>(content.size())), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(content.data()));
  stream.avail_in = static_cast<uInt>(content.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const int done = ::deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  ::deflateEnd(&stream);
  if (done != Z_STREAM_END) throw std::runtime_error("deflate()");
  return out;
}

struct Content {
  std::string key;
  std::string value;
};

Content content_of(const cache::Preload& item) {
  switch (item.kind) {
    case Kind::file:
      return {item.text, read_file(item)};
    case Kind::gzipped_file:
      return {item.text, gzip(read_file(item))};
    case Kind::item:
      break;
  }
  const std::size_t equals = item.text.find('=');
  return {item.text.substr(0, equals), item.text.substr(equals + 1)};
}

std::string store(cache::Cache& cache, const cache::Preload& item) {
  if (item.kind == Kind::item && item.text.find('=') == std::string::npos) {
    return "[cache] unable to store item " + item.text;
  }
  const Content content = content_of(item);
  const auto result = cache.update(content.key, content.value, /*expires=*/0, unix_now());
  const char* done = item.kind == Kind::gzipped_file ? "[cache-gzip] stored" : "[cache] stored";
  const char* said = result == cache::SetResult::stored ? done : "[cache-error] unable to store";
  return fmt::format("{} \"{}\" in \"{}\"", said, content.key, cache.settings().name);
}

}  // namespace

std::vector<std::string> preload(cache::Cache& cache, const std::vector<cache::Preload>& items) {
  std::vector<std::string> lines;
  for (const Kind kind : {Kind::file, Kind::gzipped_file, Kind::item}) {
    for (const cache::Preload& item : items) {
      if (item.kind != kind) continue;
      if (!item.cache.empty() && item.cache != cache.settings().name) continue;
      lines.push_back(store(cache, item));
    }
  }
  return lines;
}

}  // namespace reprise::app
