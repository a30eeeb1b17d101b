#include "seal/secrets.hpp"

#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <stdexcept>
#include <string_view>

#include <fmt/format.h>

#include "base/unique_fd.hpp"

namespace reprise::seal {
namespace {

constexpr std::string_view prefix = "reprise-secret-1:";
constexpr std::size_t largest_file = 4096;
constexpr std::string_view how_to_make_one = "`reprise genkey FILE` makes one";

using Text = std::array<char, largest_file + 1>;

[[noreturn]] void fail(const std::string& path, std::string_view what) {
  throw std::runtime_error(fmt::format("{}: {}", path, what));
}

[[noreturn]] void fail_with_errno(const std::string& path) {
  throw std::system_error(errno, std::system_category(), path);
}

void judge(const std::string& path, int fd) {
  struct stat facts {};
  if (::fstat(fd, &facts) != 0) fail_with_errno(path);
  if (!S_ISREG(facts.st_mode)) fail(path, "a secret file has to be a regular file");
  if (facts.st_uid != 0 && facts.st_uid != ::geteuid()) {
    fail(path,
         fmt::format("this secret file belongs to user {}, not to root or this process's user {}",
                     facts.st_uid, ::geteuid()));
  }
  if ((facts.st_mode & 077) != 0) {
    fail(path, fmt::format("this secret file has mode {:04o}: group or others may access it; "
                           "chmod 600 and, if it was readable, make another secret",
                           facts.st_mode & 07777));
  }
}

// The whole file, of at most largest_file bytes.
std::size_t read_text(const std::string& path, int fd, Text& text) {
  std::size_t size = 0;
  while (size < text.size()) {
    const ssize_t got = ::read(fd, text.data() + size, text.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail_with_errno(path);
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  if (size > largest_file) fail(path, "a secret file has at most 4096 bytes");
  return size;
}

int digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool read_digits(std::string_view digits, Secret& secret) {
  if (digits.size() != 2 * secret.size()) return false;
  for (std::size_t i = 0; i < secret.size(); ++i) {
    const int high = digit(digits[2 * i]);
    const int low = digit(digits[2 * i + 1]);
    if (high < 0 || low < 0) return false;
    secret[i] = static_cast<unsigned char>(high << 4 | low);
  }
  return true;
}

void take_line(const std::string& path, std::size_t number, std::string_view line,
               Secrets& secrets) {
  // The line is not quoted: it may be a secret with a slip in it.
  const auto wrong = [&](std::string_view what) { fail(fmt::format("{}:{}", path, number), what); };
  if (!line.starts_with(prefix)) wrong("\"reprise-secret-1:\" and 64 hexadecimal digits expected");
  if (secrets.count == most_secrets) wrong("a secret file has at most 8 secrets");
  Secret& secret = secrets.list[secrets.count];
  if (!read_digits(line.substr(prefix.size()), secret)) wrong("64 hexadecimal digits expected");
  if (std::all_of(secret.begin(), secret.end(), [&](unsigned char b) { return b == secret[0]; })) {
    wrong("this is no secret: all of its bytes are the same");
  }
  auto* const end = secrets.list.begin() + secrets.count;
  if (std::find(secrets.list.begin(), end, secret) != end) wrong("this secret is here twice");
  ++secrets.count;
}

std::string_view trimmed(std::string_view line) {
  while (!line.empty() && (line.back() == '\r' || line.back() == ' ' || line.back() == '\t'))
    line.remove_suffix(1);
  return line;
}

void parse(const std::string& path, std::string_view text, Secrets& secrets) {
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = trimmed(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (!line.empty() && line.front() != '#') take_line(path, number, line, secrets);
  }
  if (secrets.count == 0)
    fail(path, fmt::format("there is no secret in this file; {}", how_to_make_one));
}

void fresh_line(const std::string& path, std::string& text) {
  Guarded<Secret> secret;
  for (std::size_t have = 0; have < secret->size();) {
    const ssize_t got = ::getrandom(secret->data() + have, secret->size() - have, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail_with_errno(path);
    have += static_cast<std::size_t>(got);
  }
  constexpr std::string_view digits = "0123456789abcdef";
  text.append(prefix);
  for (const unsigned char byte : *secret) {
    text.push_back(digits[byte >> 4]);
    text.push_back(digits[byte & 15]);
  }
  text.push_back('\n');
}

void write_all(const std::string& path, int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t put = ::write(fd, text.data(), text.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) fail_with_errno(path);
    text.remove_prefix(static_cast<std::size_t>(put));
  }
  if (::fsync(fd) != 0) fail_with_errno(path);
}

// Makes a file of the text, which is wiped; nothing is left of a file that could not be written.
void write_new(const std::string& path, std::string& text) {
  const UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!fd) fail_with_errno(path);
  try {
    if (::fchmod(fd.get(), 0600) != 0) fail_with_errno(path);  // whatever the umask takes away
    write_all(path, fd.get(), text);
  } catch (const std::exception&) {
    ::unlink(path.c_str());
    ::explicit_bzero(text.data(), text.size());
    throw;
  }
  ::explicit_bzero(text.data(), text.size());
}

}  // namespace

Guarded<Secrets> read_secrets(const std::string& path) {
  // Not to wait for the other end of a FIFO.
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!fd) {
    throw std::runtime_error(
        fmt::format("{}: {}; {}", path, std::system_category().message(errno), how_to_make_one));
  }
  judge(path, fd.get());
  Guarded<Text> text;
  const std::size_t size = read_text(path, fd.get(), *text);
  Guarded<Secrets> secrets;
  parse(path, {text->data(), size}, *secrets);
  return secrets;
}

void write_secret(const std::string& path) {
  std::string text;
  text.reserve(256);  // it does not grow, so nothing of it is left elsewhere
  fresh_line(path, text);
  write_new(path, text);
}

void add_secret(const std::string& path) {
  if (read_secrets(path)->count == most_secrets)
    fail(path, "this file has 8 secrets already; remove the oldest");
  // The file as it stands, comments and all.
  const UniqueFd old(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!old) fail_with_errno(path);
  Guarded<Text> former;
  const std::string_view kept(former->data(), read_text(path, old.get(), *former));
  std::string text;
  text.reserve(2 * largest_file);
  text.append(kept);
  if (!text.ends_with('\n')) text.push_back('\n');
  fresh_line(path, text);
  if (text.size() > largest_file) fail(path, "no room for another secret: shorten the comments");
  struct stat facts {};
  if (::fstat(old.get(), &facts) != 0) fail_with_errno(path);
  const std::string beside = path + ".new";
  write_new(beside, text);
  // Whose it was, so that its service can read it again; for another user than root it is the same.
  if (::geteuid() == 0 && ::chown(beside.c_str(), facts.st_uid, facts.st_gid) != 0) {
    const int error = errno;
    ::unlink(beside.c_str());
    throw std::system_error(error, std::system_category(), beside);
  }
  if (::rename(beside.c_str(), path.c_str()) != 0) {
    const int error = errno;
    ::unlink(beside.c_str());
    throw std::system_error(error, std::system_category(), path);
  }
}

}  // namespace reprise::seal
