#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cache/hash.hpp"
#include "dump_harness.hpp"
#include "vectors.hpp"

namespace reprise::sync::testing {
namespace {

using Status = ItemReader::Status;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

constexpr UnixSeconds now = 1795436000;

cache::Settings settings(std::uint64_t items, std::uint64_t keysize, std::uint64_t blocksize) {
  cache::Settings out;
  out.max_items = items;
  out.keysize = keysize;
  out.blocksize = blocksize;
  return out;
}

// Of the recorded dumps.
cache::Settings recorded() {
  return settings(4, 16, 16);
}

class DumpTest : public ::testing::Test {
protected:
  Status read(const cache::Settings& own, const std::string& bytes, std::size_t piece = 65536) {
    basket_ = {};
    DumpReader reader(own, now, basket_);
    return read_all(reader, bytes, piece);
  }
  // A dump of our own making, for what follows to spoil.
  static std::string dump(const cache::Settings& of,
                          const std::map<std::string, std::string>& items,
                          UnixSeconds expires = 0) {
    DumpWriter writer(of, 1 << 20);
    for (const auto& [key, value] : items)
      EXPECT_TRUE(writer.add(key, {value, expires, 0}));
    return written(writer);
  }
  static std::size_t records_at(const std::string& dump) {
    return 4u + static_cast<unsigned char>(dump[1]);
  }
  // Another word of a record.
  static std::string with_word(std::string dump, std::size_t stride, std::size_t record,
                               std::size_t word, std::uint64_t value) {
    const std::size_t at = records_at(dump) + record * stride + word * 8;
    for (std::size_t i = 0; i < 8; ++i)
      dump[at + i] = static_cast<char>(value >> (8 * i));
    return dump;
  }

  Basket basket_;
};

constexpr std::size_t hash_word = 2, value_size_word = 3, first_block_word = 4;

TEST_F(DumpTest, ReadsEveryRecordedDumpInPiecesOfAnySize) {
  int seen = 0;
  const auto recordings = vectors("dump.json");
  for (const auto& value : recordings.at("steps").as_array()) {
    const auto& step = value.as_object();
    const std::string bytes = from_hex(text(step, "response_header")) + from_hex(text(step, "raw"));
    std::map<std::string, std::string> expected;
    for (const auto& each : step.at("decoded").as_array())
      expected[text(each.as_object(), "key")] = text(each.as_object(), "value");
    for (const std::size_t piece : {1u, 7u, 65536u}) {
      EXPECT_EQ(read(recorded(), bytes, piece), Status::complete);
      EXPECT_EQ(basket_.values(), expected);
      EXPECT_THAT(basket_.reasons, IsEmpty());
    }
    ++seen;
  }
  EXPECT_GE(seen, 5);
}

TEST_F(DumpTest, AnotherKeysizeOrItemCountIsNoObstacle) {
  const auto recordings = vectors("dump.json");
  const auto& step = recordings.at("steps").as_array().at(1).as_object();
  const std::string bytes = from_hex(text(step, "response_header")) + from_hex(text(step, "raw"));
  for (const std::uint64_t keysize : {3u, 64u, 2048u}) {
    EXPECT_EQ(read(settings(100, keysize, 4096), bytes, 13), Status::complete);
    EXPECT_THAT(basket_.values(), ElementsAre(Pair("one", "1"), Pair("two", "22")));
  }
}

TEST_F(DumpTest, RecordsAreUwsgisToTheByte) {
  const auto recordings = vectors("dump.json");
  const auto& step = recordings.at("steps").as_array().at(0).as_object();
  const std::string raw = from_hex(text(step, "raw"));
  DumpRecord record;
  record.key_size = 3;
  record.hash = cache::djb33x("one");
  record.value_size = 1;
  record.first_block = 3;
  std::string bytes;
  append_record(bytes, record, "one", 16);
  EXPECT_EQ(bytes, raw.substr(3 * 104, 104));
  EXPECT_EQ(dump(recorded(), {{"one", "1"}}).size() - 29, raw.size());
  EXPECT_EQ(dump(recorded(), {}).substr(0, 28),
            from_hex(text(step, "response_header")).substr(0, 28));
}

TEST_F(DumpTest, WhatIsWrittenIsRead) {
  std::map<std::string, std::string> items;
  for (int i = 0; i < 500; ++i)
    items["key" + std::to_string(i)] = std::string(1 + static_cast<std::size_t>(i), 'v');
  for (const cache::Hash hash : {cache::Hash::djb33x, cache::Hash::murmur2}) {
    auto of = settings(600, 128, 600);
    of.hash = hash;
    const std::string bytes = dump(of, items, now + 5);
    EXPECT_EQ(bytes.size(), records_at(bytes) + 600 * (88 + 128) + 600 * 600);
    EXPECT_EQ(read(settings(1000, 50, 4096), bytes), Status::complete);
    EXPECT_EQ(basket_.values(), items);
    EXPECT_EQ(basket_.items["key7"].expires, now + 5);
    EXPECT_EQ(basket_.items["key7"].copied_at, now);
  }
}

TEST_F(DumpTest, ValuesOfManyBlocks) {
  auto of = settings(10, 32, 16);
  of.bitmap = true;
  of.blocks = 100;
  const std::map<std::string, std::string> items{
      {"a", std::string(100, 'a')}, {"b", "b"}, {"c", std::string(33, 'c')}};
  EXPECT_EQ(read(of, dump(of, items), 11), Status::complete);
  EXPECT_EQ(basket_.values(), items);
  DumpWriter writer(of, 1 << 20);
  EXPECT_FALSE(writer.add("d", {std::string(1601, 'd'), 0, 0}));
}

TEST_F(DumpTest, LinksLeadFromEachSlotOfTheTableToAllOfItsItems) {
  auto of = settings(40, 16, 16);
  of.hashsize = 4;
  std::map<std::string, std::string> items;
  for (int i = 0; i < 39; ++i)
    items["key" + std::to_string(i)] = "v";
  const std::string bytes = dump(of, items);
  std::size_t reached = 0;
  const auto record = [&](std::uint64_t number) {
    return read_record(Bytes(bytes).substr(records_at(bytes) + number * (88 + 16)));
  };
  for (std::uint64_t first = 1; first < 40; ++first) {
    if (record(first).previous != 0) continue;
    std::uint64_t before = 0;
    for (std::uint64_t number = first; number != 0; number = record(number).next) {
      EXPECT_EQ(record(number).previous, before);
      EXPECT_EQ(record(number).hash % 4, record(first).hash % 4);
      before = number;
      ++reached;
    }
  }
  EXPECT_EQ(reached, 39u);
}

TEST_F(DumpTest, WhatDoesNotFitIsLeftOut) {
  const auto of = recorded();
  DumpWriter small(of, 170);
  EXPECT_TRUE(small.add("one", {"1", 0, 0}));
  EXPECT_FALSE(small.add("two", {"2222", 0, 0}));  // memory
  DumpWriter full(of, 1000);
  EXPECT_FALSE(full.add("big", {std::string(17, 'x'), 0, 0}));
  for (const char* key : {"a", "b", "c"})
    EXPECT_TRUE(full.add(key, {"1", 0, 0}));
  EXPECT_FALSE(full.add("d", {"1", 0, 0}));
}

TEST_F(DumpTest, NothingInARecordIsBelieved) {
  const auto of = settings(4, 16, 16);
  const std::string good = dump(of, {{"one", "1"}, {"two", "2"}});
  EXPECT_EQ(read(of, good), Status::complete);
  ASSERT_EQ(basket_.items.size(), 2u);
  // Record 2 is spoiled; the first one is good all the same.
  read(of, with_word(good, 104, 2, hash_word, 7));
  EXPECT_THAT(basket_.values(), ElementsAre(Pair("one", "1")));
  EXPECT_EQ(basket_.reasons[Rejection::wrong_size], 1);
  EXPECT_EQ(read(of, with_word(good, 104, 2, first_block_word, 1'000'000)), Status::broken);
  EXPECT_THAT(basket_.values(), ElementsAre(Pair("one", "1")));
  EXPECT_EQ(read(of, with_word(good, 104, 2, first_block_word, ~std::uint64_t{0})),
            Status::complete);
  EXPECT_THAT(basket_.values(), ElementsAre(Pair("one", "1")));
  read(of, with_word(good, 104, 2, first_block_word, 1));
  EXPECT_THAT(basket_.reasons, UnorderedElementsAre(Pair(Rejection::wrong_size, 1)));
  read(of, with_word(good, 104, 2, value_size_word, std::uint64_t{1} << 40));
  EXPECT_THAT(basket_.reasons, UnorderedElementsAre(Pair(Rejection::too_large, 1)));
  read(of, with_word(good, 104, 2, 1, 17));  // a key longer than its room
  EXPECT_THAT(basket_.reasons, UnorderedElementsAre(Pair(Rejection::wrong_size, 1)));
}

TEST_F(DumpTest, WhatTheCacheCannotHoldIsRefusedByReason) {
  const std::string bytes =
      dump(settings(9, 32, 64), {{"a", "v"}, {"b", std::string(20, 'v')}, {"long key", "v"}});
  EXPECT_EQ(read(settings(9, 4, 16), bytes), Status::complete);
  EXPECT_THAT(basket_.values(), ElementsAre(Pair("a", "v")));
  EXPECT_THAT(basket_.reasons, UnorderedElementsAre(Pair(Rejection::too_large, 2)));
  read(settings(1, 32, 64), bytes);
  EXPECT_EQ(basket_.items.size(), 1u);
  EXPECT_EQ(basket_.reasons[Rejection::full], 2);
  read(settings(9, 32, 64), dump(settings(9, 32, 64), {{"a", "v"}}, now));
  EXPECT_EQ(basket_.reasons[Rejection::expired], 1);
}

TEST_F(DumpTest, HeadsThatAreNone) {
  const std::string good = dump(recorded(), {{"one", "1"}});
  for (const std::string& head :
       {from_hex("6f00000600000000"), from_hex("6e0000070000"),
        std::string("HTTP/1.0 404 Not Found"),
        from_hex("6f0b0007") + from_hex("05006974656d730200") + "-1",     // items = -1
        from_hex("6f09000705006974656d730000"),                           // empty
        from_hex("6f0a000705006974656d73010030"),                         // 0
        from_hex("6f1d000705006974656d731400") + "99999999999999999999",  // beyond 64 bits
        from_hex("6f13000705006974656d730a00") + "9999999999",            // more than any cache
        from_hex("6f0300070500aa")}) {
    EXPECT_EQ(read(recorded(), head + good), Status::broken);
    EXPECT_THAT(basket_.items, IsEmpty());
  }
}

TEST_F(DumpTest, AShortDumpGivesWhatItHasAndIsBroken) {
  const auto of = settings(4, 16, 16);
  const std::string good = dump(of, {{"one", "1"}, {"two", "2"}});
  const std::size_t value_of_two = records_at(good) + 4 * 104 + 2 * 16;
  EXPECT_EQ(read(of, good.substr(0, value_of_two)), Status::broken);
  EXPECT_THAT(basket_.values(), ElementsAre(Pair("one", "1")));
  EXPECT_EQ(basket_.reasons[Rejection::wrong_size], 1);
  EXPECT_EQ(read(of, good.substr(0, value_of_two + 1)), Status::complete);  // no more is needed
  const std::string empty = dump(of, {});
  EXPECT_EQ(read(of, empty), Status::complete);
  EXPECT_EQ(read(of, empty.substr(0, 200)), Status::broken);
  EXPECT_EQ(read(of, ""), Status::broken);
}

}  // namespace
}  // namespace reprise::sync::testing
