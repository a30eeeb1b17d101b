#include <gtest/gtest.h>

#include "store/dialect.hpp"
#include "store/redis_value.hpp"
#include "store/slots.hpp"

namespace reprise::store {
namespace {

class RedisTest : public ::testing::Test {
protected:
  static Request request(Verb verb) {
    Request request;
    request.verb = verb;
    request.name = "n";
    return request;
  }
  // As for memcached.
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
  static std::string greeting(const RedisLogin& login, std::size_t& answers) {
    std::string out;
    answers = make_redis_dialect(login)->greet(out);
    return out;
  }

  const std::unique_ptr<Dialect> dialect = make_redis_dialect({});
};

TEST_F(RedisTest, SaysWhatItWants) {
  std::string out;
  Request set = request(Verb::set);
  set.value = std::string("\0\r\n", 3);
  set.seconds = 60;
  dialect->append(set, out);
  EXPECT_EQ(out, std::string(
                     "*5\r\n$3\r\nSET\r\n$1\r\nn\r\n$3\r\n\0\r\n\r\n$2\r\nEX\r\n$2\r\n60\r\n", 45));
  out.clear();
  dialect->append(request(Verb::get), out);
  EXPECT_EQ(out, "*2\r\n$3\r\nGET\r\n$1\r\nn\r\n");
}

TEST_F(RedisTest, LogsIn) {
  std::size_t answers = 0;
  EXPECT_EQ(greeting({}, answers), "*1\r\n$4\r\nPING\r\n");
  EXPECT_EQ(answers, 1U);
  EXPECT_EQ(greeting({"u", "p", 3}, answers),
            "*3\r\n$4\r\nAUTH\r\n$1\r\nu\r\n$1\r\np\r\n*2\r\n$6\r\nSELECT\r\n$1\r\n3\r\n"
            "*1\r\n$4\r\nPING\r\n");
  EXPECT_EQ(answers, 3U);
  EXPECT_TRUE(greeting({"", "p", 0}, answers).starts_with("*2\r\n$4\r\nAUTH\r\n$1\r\np\r\n"));
}

TEST_F(RedisTest, ReadsAnswers) {
  EXPECT_EQ(read(Verb::get, "$3\r\nabc\r\n"), is(Answer::value, "abc"));
  EXPECT_EQ(read(Verb::get, "$-1\r\n"), is(Answer::absent));
  EXPECT_EQ(read(Verb::set, "+OK\r\n"), is(Answer::done));
  EXPECT_EQ(read(Verb::erase, ":1\r\n"), is(Answer::done));
  EXPECT_EQ(read(Verb::hello, "+PONG\r\n"), is(Answer::done));
}

TEST_F(RedisTest, KnowsErrorsApart) {
  const auto answer = [&](const std::string& words) {
    const std::string told = read(Verb::get, "-" + words + "\r\n");
    return std::stoi(told);
  };
  EXPECT_EQ(answer("MOVED 1 a:1"), static_cast<int>(Answer::moved));
  EXPECT_EQ(answer("ASK 1 a:1"), static_cast<int>(Answer::ask));
  EXPECT_EQ(answer("LOADING Redis is loading"), static_cast<int>(Answer::not_ready));
  EXPECT_EQ(answer("CLUSTERDOWN The cluster is down"), static_cast<int>(Answer::not_ready));
  EXPECT_EQ(answer("OOM command not allowed"), static_cast<int>(Answer::full));
  EXPECT_EQ(answer("NOAUTH Authentication required."), static_cast<int>(Answer::denied));
  EXPECT_EQ(answer("WRONGPASS invalid"), static_cast<int>(Answer::denied));
  EXPECT_EQ(answer("NOPERM no"), static_cast<int>(Answer::denied));
  EXPECT_EQ(answer("ERR something"), static_cast<int>(Answer::refused));
}

TEST_F(RedisTest, KnowsWhatIsNoSession) {
  const std::string long_value = "$32769\r\n" + std::string(32769, 'x') + "\r\n";
  EXPECT_TRUE(read(Verb::get, long_value).starts_with(is(Answer::unfit)));
  EXPECT_TRUE(read(Verb::get, "-WRONGTYPE Operation against a key holding the wrong kind\r\n")
                  .starts_with(is(Answer::unfit)));
}

TEST_F(RedisTest, TakesNoRubbish) {
  EXPECT_EQ(read(Verb::get, "HTTP/1.1 200 OK\r\n"), "malformed");
  EXPECT_EQ(read(Verb::get, "+OK\r\n"), "malformed");
  EXPECT_EQ(read(Verb::get, ":1\r\n"), "malformed");
  EXPECT_EQ(read(Verb::set, "$2\r\nOK\r\n"), "malformed");
  EXPECT_EQ(read(Verb::get, "*1\r\n$1\r\na\r\n"), "malformed");
  EXPECT_EQ(read(Verb::slots, "*2000000000\r\n"), "malformed") << "no memory is taken for it";
  EXPECT_EQ(read(Verb::slots, "*1\r\n*3\r\n:0\r\n:20000\r\n*2\r\n$1\r\na\r\n:1\r\n"), "malformed");
  EXPECT_EQ(read(Verb::slots, "*1\r\n*3\r\n:5\r\n:4\r\n*2\r\n$1\r\na\r\n:1\r\n"), "malformed");
  EXPECT_EQ(read(Verb::slots, "*1\r\n*3\r\n:0\r\n:4\r\n*2\r\n$1\r\na\r\n:70000\r\n"), "malformed");
  EXPECT_EQ(read(Verb::slots, "*1\r\n*2\r\n:0\r\n:4\r\n"), "malformed");
}

TEST_F(RedisTest, KeepsABoundedRest) {
  RedisValueReader reader;
  ASSERT_FALSE(reader.feed("$100000000\r\n"));
  error_code error;
  for (int i = 0; i < 100 && !error; ++i) {
    error = reader.feed(std::string(100000, 'x'));
    if (!error) {
      EXPECT_TRUE(reader.next().has_value());
    }
  }
  EXPECT_EQ(error, errc::too_large);
}

TEST_F(RedisTest, ReadsWhoHasWhat) {
  const auto reader = dialect->reader();
  ASSERT_FALSE(
      reader->feed("*2\r\n"
                   "*4\r\n:0\r\n:5460\r\n*4\r\n$9\r\n127.0.0.1\r\n:7000\r\n$1\r\nx\r\n*0\r\n"
                   "*3\r\n$9\r\n127.0.0.1\r\n:7003\r\n$1\r\ny\r\n"
                   "*3\r\n:5461\r\n:16383\r\n*2\r\n$-1\r\n:7001\r\n"));
  const auto reply = reader->next(request(Verb::slots));
  ASSERT_TRUE(reply && *reply);
  const auto& slots = (*reply)->slots;
  ASSERT_EQ(slots.size(), 2U);
  EXPECT_EQ(slots[0].last, 5460);
  EXPECT_EQ(slots[0].host, "127.0.0.1");
  EXPECT_EQ(slots[0].port, 7000);
  EXPECT_EQ(slots[1].first, 5461);
  EXPECT_EQ(slots[1].host, "");
  EXPECT_EQ(slots[1].port, 7001);
}

TEST(Slots, AreThoseOfRedis) {
  EXPECT_EQ(slot_of("123456789"), 0x31C3);  // the check value of the algorithm
  EXPECT_EQ(slot_of("foo"), 12182);
  EXPECT_EQ(slot_of("{user1000}.following"), slot_of("{user1000}.followers"));
  EXPECT_EQ(slot_of("foo{}{bar}"), 8363);
  EXPECT_EQ(slot_of("foo{{bar}}zap"), slot_of("{bar"));
  EXPECT_EQ(slot_of("foo{bar}{zap}"), slot_of("bar"));
}

TEST(Redirections, AreRead) {
  const auto moved = read_redirection("MOVED 3999 127.0.0.1:6381");
  ASSERT_TRUE(moved);
  EXPECT_EQ(moved->slot, 3999);
  EXPECT_EQ(moved->host, "127.0.0.1");
  EXPECT_EQ(moved->port, 6381);
  EXPECT_EQ(read_redirection("ASK 1 ::1:6381")->host, "::1");
  EXPECT_EQ(read_redirection("MOVED 1 :6381")->host, "");
  for (const char* wrong : {"MOVED", "MOVED 1", "MOVED 1 a", "MOVED 16384 a:1", "MOVED -1 a:1",
                            "MOVED 1 a:0", "MOVED 1 a:65536", "MOVED 1 a:1x", "MOVED:1 2 3", ""})
    EXPECT_FALSE(read_redirection(wrong)) << wrong;
}

}  // namespace
}  // namespace reprise::store
