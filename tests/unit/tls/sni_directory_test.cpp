#include "tls/sni_directory.hpp"

#include <sys/stat.h>

#include <gtest/gtest.h>

#include "certificates.hpp"
#include "tls/sni_pattern.hpp"

namespace reprise::tls {
namespace {

using testing::Certificate;
using testing::TemporaryDirectory;

class SniDirectoryTest : public ::testing::Test {
protected:
  SniDirectoryTest() : certificate_("name") {
    std::filesystem::create_directory(outside_.path() + "/inside");
    settings_.directory = outside_.path() + "/inside";
  }
  void put(const std::string& name) {
    outside_.write(name + ".crt", certificate_.pem());
    outside_.write(name + ".key", certificate_.key_pem());
  }

  Certificate certificate_;
  TemporaryDirectory outside_;
  SniSettings settings_;
};

TEST_F(SniDirectoryTest, FindsWhatIsThere) {
  put("inside/a.test");
  SniDirectory directory(settings_);
  ASSERT_TRUE(directory.find("a.test"));
  EXPECT_EQ(directory.find("a.test")->verify_mode, SSL_VERIFY_NONE);
  EXPECT_FALSE(directory.find("b.test"));
}

TEST_F(SniDirectoryTest, AClientAuthorityAsksForCertificates) {
  put("inside/a.test");
  outside_.write("inside/a.test.ca", certificate_.pem());
  SniDirectory directory(settings_);
  ASSERT_TRUE(directory.find("a.test"));
  EXPECT_EQ(directory.find("a.test")->verify_mode, SSL_VERIFY_PEER);
}

TEST_F(SniDirectoryTest, ANameIsNeverAPath) {
  put("out.test");
  put("inside/.hidden");
  SniDirectory directory(settings_);
  for (const char* name : {"../out.test", "/etc/passwd", "..", ".", "inside/../../out.test",
                           ".hidden", "a..b", "", "a/b", "a\\b", "a b"}) {
    EXPECT_FALSE(directory.find(name)) << name;
  }
}

TEST_F(SniDirectoryTest, FilesThatCannotBeUsedLeadNowhere) {
  outside_.write("inside/bad.test.crt", "no certificate");
  outside_.write("inside/bad.test.key", "no key");
  SniDirectory directory(settings_);
  EXPECT_FALSE(directory.find("bad.test"));
  EXPECT_FALSE(directory.find("bad.test"));
}

TEST(SniPatternTest, IsNotAnchoredAndKnowsNoCase) {
  const SniPattern pattern("b[0-9]\\.test");
  EXPECT_TRUE(pattern.matches("xb1.testx"));
  EXPECT_TRUE(pattern.matches("B1.TEST"));
  EXPECT_FALSE(pattern.matches("b.test"));
}

TEST(SniPatternTest, GivesUpOnNamesThatTakeForEver) {
  const SniPattern pattern("^(a+)+$");
  EXPECT_FALSE(pattern.matches(std::string(200, 'a') + "!"));
}

TEST(SniPatternTest, SaysWhereAnExpressionIsBroken) {
  EXPECT_THROW(SniPattern("a(b"), std::runtime_error);
}

}  // namespace
}  // namespace reprise::tls
