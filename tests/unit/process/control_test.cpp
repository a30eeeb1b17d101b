#include "process/control.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <system_error>

#include <gtest/gtest.h>

namespace reprise::process {
namespace {

namespace fs = std::filesystem;

class ControlTest : public testing::Test {
protected:
  ControlTest() {
    char pattern[] = "/tmp/reprise-control-XXXXXX";
    directory_ = ::mkdtemp(pattern);
  }
  ~ControlTest() override { fs::remove_all(directory_); }
  std::string path(const std::string& name) const { return directory_ + "/" + name; }
  void write(const std::string& name, const std::string& text) const {
    const UniqueFd fd(::open(path(name).c_str(), O_WRONLY | O_NONBLOCK));
    ASSERT_EQ(::write(fd.get(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }

  std::string directory_;
};

TEST_F(ControlTest, LettersAreOrders) {
  OrderFifo fifo({path("fifo")});
  EXPECT_FALSE(fifo.next());
  write("fifo", "qQrR\n sPpwclL~");
  for (const Order order :
       {Order::stop_gracefully, Order::stop, Order::reload, Order::reload_brutally,
        Order::print_status, Order::write_pidfiles, Order::pause, Order::reload_workers,
        Order::chain_reload, Order::reopen_log, Order::rotate_log}) {
    const auto request = fifo.next();
    ASSERT_TRUE(request);
    EXPECT_EQ(request->order, order);
  }
  const auto unknown = fifo.next();
  ASSERT_TRUE(unknown);
  EXPECT_EQ(unknown->order, Order::none);
  EXPECT_EQ(unknown->letter, '~');
  EXPECT_FALSE(fifo.next());
}

TEST_F(ControlTest, IsForItsOwnerAlone) {
  const OrderFifo fifo({path("fifo")});
  struct stat status {};
  ASSERT_EQ(::stat(path("fifo").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode, S_IFIFO | 0600u);
}

TEST_F(ControlTest, ADigitChoosesAnotherFifo) {
  OrderFifo fifo({path("0"), path("1")});
  write("0", "1");
  const auto chosen = fifo.next();
  ASSERT_TRUE(chosen);
  EXPECT_EQ(chosen->subject, path("1"));
  write("1", "r");
  EXPECT_EQ(fifo.next()->order, Order::reload);
  write("1", "7");
  EXPECT_EQ(fifo.next()->subject, "") << "there are two";
  write("1", "s");
  EXPECT_EQ(fifo.next()->order, Order::print_status);
}

TEST_F(ControlTest, AFormerFifoIsReplacedAndNothingElse) {
  { const OrderFifo former({path("fifo")}); }
  EXPECT_NO_THROW(OrderFifo({path("fifo")}));
  std::ofstream(path("file")) << "precious";
  EXPECT_THROW(OrderFifo({path("file")}), std::runtime_error);
  EXPECT_THROW(check_fifo(path("file")), std::runtime_error);
  EXPECT_EQ(fs::file_size(path("file")), 8u);
  EXPECT_THROW(OrderFifo({path("no/such/folder")}), std::system_error);
}

TEST_F(ControlTest, NoFifoOrdersNothing) {
  OrderFifo none({});
  EXPECT_EQ(none.fd(), -1);
  EXPECT_FALSE(none.next());
}

TEST_F(ControlTest, FilesThatChangeComeOrGoAreTouched) {
  std::ofstream(path("a")) << "1";
  TouchedFiles files({{path("a"), Order::reload}, {path("b"), Order::rotate_log}});
  EXPECT_FALSE(files.next());
  fs::last_write_time(path("a"), fs::file_time_type::clock::now() + std::chrono::seconds(5));
  const auto first = files.next();
  ASSERT_TRUE(first);
  EXPECT_EQ(first->subject, path("a"));
  EXPECT_EQ(first->order, Order::reload);
  EXPECT_FALSE(files.next()) << "once";
  std::ofstream(path("b")) << "1";
  EXPECT_EQ(files.next().value_or(Request()).order, Order::rotate_log);
  fs::remove(path("b"));
  EXPECT_EQ(files.next().value_or(Request()).order, Order::rotate_log);
  EXPECT_FALSE(files.next());
}

}  // namespace
}  // namespace reprise::process
