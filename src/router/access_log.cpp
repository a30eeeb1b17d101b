#include "router/access_log.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <ctime>
#include <system_error>

#include <fmt/format.h>

#include "base/error.hpp"
#include "protocol/text.hpp"

namespace reprise::router {
namespace {

constexpr std::string_view default_syslog = "/dev/log";
constexpr int local6_info = 22 * 8 + 6;

bool is_plain(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x20 && byte < 0x7f;
}

// What a client may put into one field of a line, so that a line is at most PIPE_BUF: pipes take
// those whole, and datagrams too.
constexpr std::size_t longest_field = 700;
constexpr std::string_view cut_mark = "...";

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (out.size() > longest_field) return out += cut_mark;
    if (is_plain(c) && c != '\\') {
      out += c;
    } else {
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

// Bytes above 127 are taken for Latin-1: what they are is not known, and they come back this way.
std::string in_quotes(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (out.size() > longest_field) {
      out += cut_mark;
      break;
    }
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (is_plain(c)) {
      out += c;
    } else {
      out += fmt::format("\\u{:04x}", static_cast<unsigned char>(c));
    }
  }
  return out + '"';
}

std::string date(const char* format, std::chrono::system_clock::time_point at) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(at);
  std::tm local{};
  ::localtime_r(&seconds, &local);
  char text[64];
  return {text, std::strftime(text, sizeof text, format, &local)};
}

std::string_view field(const protocol::RequestHead& head, std::string_view name) {
  const auto found = std::find_if(head.fields.begin(), head.fields.end(), [name](const auto& each) {
    return protocol::equal_ignoring_case(each.name, name);
  });
  return found == head.fields.end() ? std::string_view() : found->value;
}

UniqueFd open_file(const std::string& path) {
  UniqueFd fd(::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0640));
  if (!fd) throw std::system_error(errno, std::system_category(), "open " + path);
  return fd;
}

UniqueFd datagram_socket() {
  UniqueFd fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) throw std::system_error(errno, std::system_category(), "socket for syslog");
  return fd;
}

// Where somebody listens. Throws if nobody does.
sockaddr_un syslog_at(std::string_view path) {
  sockaddr_un address{};
  if (path.size() >= sizeof address.sun_path) {
    throw std::system_error(ENAMETOOLONG, std::system_category(), "syslog");
  }
  address.sun_family = AF_UNIX;
  std::copy(path.begin(), path.end(), address.sun_path);
  const UniqueFd probe = datagram_socket();
  if (::connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    throw std::system_error(errno, std::system_category(), "syslog at " + std::string(path));
  }
  return address;
}

// Only what takes a line at once: the descriptor may be shared with whoever wants it to wait.
bool takes_a_line(int fd) {
  pollfd state{fd, POLLOUT, 0};
  return ::poll(&state, 1, 0) == 1 && (state.revents & POLLOUT) != 0;
}

}  // namespace

AccessRecord begin_record(const protocol::RequestHead& head, const std::string& address) {
  AccessRecord record;
  record.address = address;
  record.method = head.method;
  record.uri = head.target;
  record.protocol = head.http_1_1 ? "HTTP/1.1" : "HTTP/1.0";
  record.host = head.host;
  record.referer = field(head, "Referer");
  record.user_agent = field(head, "User-Agent");
  record.at = std::chrono::system_clock::now();
  record.began = std::chrono::steady_clock::now();
  return record;
}

std::string uwsgi_line(const AccessRecord& record) {
  const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(record.took);
  return fmt::format(
      "[pid: {}|app: -1|req: -1/{}] {} () {{{} vars in {} bytes}} [{}] {} {} => generated {} bytes "
      "in {} msecs ({} {}) {} headers in {} bytes (0 switches on core 0)",
      ::getpid(), record.number, record.address, 2 * record.variables, record.packet_bytes,
      date("%a %b %e %H:%M:%S %Y", record.at), escaped(record.method), escaped(record.uri),
      record.answered.body_bytes, milliseconds.count(), record.protocol, record.answered.status,
      record.answered.fields, record.answered.head_bytes);
}

std::string json_line(const AccessRecord& record) {
  return fmt::format(
      "{{\"time\":{},\"pid\":{},\"addr\":{},\"method\":{},\"uri\":{},\"proto\":{},\"host\":{},"
      "\"status\":{},\"rsize\":{},\"hsize\":{},\"pktsize\":{},\"micros\":{},\"referer\":{},"
      "\"uagent\":{}}}",
      in_quotes(date("%FT%T%z", record.at)), ::getpid(), in_quotes(record.address),
      in_quotes(record.method), in_quotes(record.uri), in_quotes(record.protocol),
      in_quotes(record.host), record.answered.status, record.answered.body_bytes,
      record.answered.head_bytes, record.packet_bytes, record.took.count(),
      in_quotes(record.referer), in_quotes(record.user_agent));
}

AccessLog::AccessLog(const AccessLogSettings& settings) : format_(settings.format) {
  const std::string& target = settings.target.text;
  if (target == "stdout") {
    if (::fcntl(STDOUT_FILENO, F_GETFD) < 0) {
      throw std::system_error(errno, std::system_category(), "standard output");
    }
  } else if (target == "syslog" || target.starts_with("syslog:")) {
    const std::string_view path =
        std::string_view(target).substr(std::min<std::size_t>(target.size(), 7));
    syslog_ = syslog_at(path.empty() ? default_syslog : path);
    fd_ = datagram_socket();
  } else {
    fd_ = open_file(target);
    path_ = target;
  }
}

// The descriptor keeps its number.
void AccessLog::reopen() const {
  const UniqueFd again = open_file(path_);
  if (::dup3(again.get(), fd_.get(), O_CLOEXEC) < 0) {
    throw std::system_error(errno, std::system_category(), "dup3()");
  }
  shared_.put(again.get());
}

void AccessLog::follow() const noexcept {
  const UniqueFd newer = shared_.news();
  if (newer) ::dup3(newer.get(), fd_.get(), O_CLOEXEC);
}

void AccessLog::write(const AccessRecord& record) const {
  std::string line = format_ == AccessFormat::json ? json_line(record) : uwsgi_line(record);
  if (syslog_) {
    line = fmt::format("<{}>{} uwsgi[{}]: {}", local6_info, date("%b %e %T", record.at), ::getpid(),
                       line);
    // By itself: the daemon may have been started anew since.
    ::sendto(fd_.get(), line.data(), line.size(), MSG_NOSIGNAL,
             reinterpret_cast<const sockaddr*>(&*syslog_), sizeof *syslog_);
    return;
  }
  line += '\n';
  follow();
  const int fd = fd_ ? fd_.get() : STDOUT_FILENO;
  if (!takes_a_line(fd)) return;
  [[maybe_unused]] const ssize_t written = ::write(fd, line.data(), line.size());
}

}  // namespace reprise::router
