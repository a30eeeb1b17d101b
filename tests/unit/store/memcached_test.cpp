#include <gtest/gtest.h>

#include "store/dialect.hpp"

namespace reprise::store {
namespace {

class MemcachedTest : public ::testing::Test {
protected:
  static Request request(Verb verb, std::string name = "n") {
    Request request;
    request.verb = verb;
    request.name = std::move(name);
    return request;
  }
  std::string sent(const Request& request) const {
    std::string out;
    dialect->append(request, out);
    return out;
  }
  // What one answer is, a byte at a time: "malformed", "incomplete", or the answer and its text.
  std::string read(Verb verb, std::string_view bytes) const {
    const auto reader = dialect->reader();
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      if (reader->feed(bytes.substr(i, 1))) return "too large";
      const auto reply = reader->next(request(verb));
      if (!reply) return "malformed";
      if (!*reply) continue;
      if (i + 1 < bytes.size()) return "too early";
      return std::to_string(static_cast<int>((*reply)->answer)) + " " + (*reply)->text;
    }
    return "incomplete";
  }
  static std::string is(Answer answer, const std::string& text = {}) {
    return std::to_string(static_cast<int>(answer)) + " " + text;
  }

  const std::unique_ptr<Dialect> dialect = make_memcached_dialect();
};

TEST_F(MemcachedTest, SaysWhatItWants) {
  EXPECT_EQ(sent(request(Verb::get)), "get n\r\n");
  EXPECT_EQ(sent(request(Verb::erase)), "delete n\r\n");
  Request set = request(Verb::set);
  set.value = std::string("a\0\r\n", 4);
  set.seconds = 300;
  EXPECT_EQ(sent(set), std::string("set n 0 300 4\r\na\0\r\n\r\n", 21));
  std::string hello;
  EXPECT_EQ(dialect->greet(hello), 1U);
  EXPECT_EQ(hello, "version\r\n");
}

TEST_F(MemcachedTest, ReadsValues) {
  EXPECT_EQ(read(Verb::get, "VALUE n 0 3\r\nabc\r\nEND\r\n"), is(Answer::value, "abc"));
  EXPECT_EQ(read(Verb::get, "VALUE n 7 5\r\nEND\r\n\r\nEND\r\n"), is(Answer::value, "END\r\n"));
  EXPECT_EQ(read(Verb::get, "VALUE n 0 0\r\n\r\nEND\r\n"), is(Answer::value));
  EXPECT_EQ(read(Verb::get, "END\r\n"), is(Answer::absent));
}

TEST_F(MemcachedTest, ReadsTheEndOfOtherRequests) {
  EXPECT_EQ(read(Verb::set, "STORED\r\n"), is(Answer::done));
  EXPECT_EQ(read(Verb::erase, "DELETED\r\n"), is(Answer::done));
  EXPECT_EQ(read(Verb::erase, "NOT_FOUND\r\n"), is(Answer::done));
  EXPECT_EQ(read(Verb::hello, "VERSION 1.6.18\r\n"), is(Answer::done));
}

TEST_F(MemcachedTest, KnowsErrorsApart) {
  const std::string full = "SERVER_ERROR out of memory storing object";
  EXPECT_EQ(read(Verb::set, full + "\r\n"), is(Answer::full, full));
  const std::string large = "SERVER_ERROR object too large for cache";
  EXPECT_EQ(read(Verb::set, large + "\r\n"), is(Answer::too_large, large));
  EXPECT_EQ(read(Verb::get, "ERROR\r\n"), is(Answer::refused, "ERROR"));
  EXPECT_EQ(read(Verb::get, "CLIENT_ERROR bad\r\n"), is(Answer::refused, "CLIENT_ERROR bad"));
}

TEST_F(MemcachedTest, GoesOverWhatIsNoSession) {
  const std::string head = "VALUE n 0 1000000\r\n", value(1000000, 'x');
  EXPECT_TRUE(read(Verb::get, head + value + "\r\nEND\r\n").starts_with(is(Answer::unfit)));
  EXPECT_EQ(read(Verb::get, head + value + "x"), "malformed");
  EXPECT_EQ(read(Verb::get, head + value + "\r\nEN"), "incomplete");
}

TEST_F(MemcachedTest, TakesNoRubbish) {
  EXPECT_EQ(read(Verb::get, "HTTP/1.1 200 OK\r\n"), "malformed");
  EXPECT_EQ(read(Verb::get, "STORED\r\n"), "malformed");
  EXPECT_EQ(read(Verb::set, "END\r\n"), "malformed");
  EXPECT_EQ(read(Verb::get, "VALUE other 0 1\r\na\r\nEND\r\n"), "malformed");
  EXPECT_EQ(read(Verb::get, "VALUE n 0 -1\r\n"), "malformed");
  EXPECT_EQ(read(Verb::get, "VALUE n 0 1048577\r\n"), "malformed");
  EXPECT_EQ(read(Verb::get, "VALUE n 0 99999999999999999999\r\n"), "malformed");
  EXPECT_EQ(read(Verb::get, "VALUE n 0 1\r\nabc"), "malformed");
  EXPECT_EQ(read(Verb::get, "VALUE n 0 1\r\na\r\nEN"), "incomplete");
  EXPECT_EQ(read(Verb::get, std::string(1024, 'x')), "malformed");
}

TEST_F(MemcachedTest, KeepsABoundedRest) {
  const auto reader = dialect->reader();
  error_code error;
  for (int i = 0; i < 1000 && !error; ++i)
    error = reader->feed(std::string(1000, 'x'));
  EXPECT_EQ(error, errc::too_large);
}

TEST_F(MemcachedTest, ReadsAnswersThatComeTogether) {
  const auto reader = dialect->reader();
  ASSERT_FALSE(reader->feed("STORED\r\nVALUE n 0 1\r\na\r\nEND\r\nEN"));
  EXPECT_EQ((*reader->next(request(Verb::set)))->answer, Answer::done);
  EXPECT_EQ((*reader->next(request(Verb::get)))->text, "a");
  EXPECT_FALSE(*reader->next(request(Verb::get)));
  EXPECT_TRUE(reader->has_rest());
  ASSERT_FALSE(reader->feed("D\r\n"));
  EXPECT_EQ((*reader->next(request(Verb::get)))->answer, Answer::absent);
  EXPECT_FALSE(reader->has_rest());
}

}  // namespace
}  // namespace reprise::store
