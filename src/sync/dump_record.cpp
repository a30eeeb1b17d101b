#include "sync/dump_record.hpp"

#include <cassert>

namespace reprise::sync {
namespace {

constexpr std::size_t word_size = 8;

std::uint64_t word_at(Bytes bytes, std::size_t index) {
  std::uint64_t word = 0;
  for (std::size_t i = word_size; i-- > 0;)
    word = word << 8 | static_cast<unsigned char>(bytes[index * word_size + i]);
  return word;
}

void append_word(std::string& to, std::uint64_t word) {
  for (std::size_t i = 0; i < word_size; ++i)
    to.push_back(static_cast<char>(word >> (8 * i) & 0xff));
}

}  // namespace

DumpRecord read_record(Bytes bytes) {
  assert(bytes.size() >= DumpRecord::head_size);
  DumpRecord record;
  std::size_t index = 0;
  for (std::uint64_t* field :
       {&record.flags, &record.key_size, &record.hash, &record.value_size, &record.first_block,
        &record.expires, &record.hits, &record.previous, &record.next}) {
    *field = word_at(bytes, index++);
  }
  return record;
}

void append_record(std::string& to, const DumpRecord& record, Bytes key, std::size_t keysize) {
  assert(key.size() <= keysize);
  for (const std::uint64_t field :
       {record.flags, record.key_size, record.hash, record.value_size, record.first_block,
        record.expires, record.hits, record.previous, record.next}) {
    append_word(to, field);
  }
  to.append(2 * word_size, '\0');  // its place in the order of use
  to.append(key);
  to.append(keysize - key.size(), '\0');
}

}  // namespace reprise::sync
