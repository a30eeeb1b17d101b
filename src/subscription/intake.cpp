#include "subscription/intake.hpp"

#include <grp.h>
#include <pwd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <stdexcept>

namespace reprise::subscription {
namespace {

constexpr std::size_t longest_notify_path = 101;  // uWSGI's

// A file of the key's name that belongs to the sender.
bool owns_file(const Credentials& sender, const std::string& directory, std::string_view key) {
  if (key.find('/') != key.npos || key.find('\0') != key.npos || key == "." || key == "..") {
    return false;
  }
  struct stat status {};
  const std::string path = directory + (directory.ends_with('/') ? "" : "/") + std::string(key);
  return ::stat(path.c_str(), &status) == 0 && status.st_uid == sender.uid &&
         status.st_gid == sender.gid;
}

}  // namespace

std::uint64_t uid_of(const Written& user) {
  return at_origin(user.origin, [&]() -> std::uint64_t {
    std::uint64_t number = 0;
    const char* const end = user.text.data() + user.text.size();
    const auto [rest, error] = std::from_chars(user.text.data(), end, number);
    if (error == std::errc() && rest == end) return number;
    const passwd* const entry = ::getpwnam(user.text.c_str());
    if (entry == nullptr) throw std::runtime_error("no user \"" + user.text + "\"");
    return entry->pw_uid;
  });
}

Intake::Intake(Table& table, const Settings& settings, const ServerSettings& server,
               Admission admission)
    : table_(table), settings_(settings), router_(server.router), admission_(std::move(admission)) {
  if (settings.sign_check) {
    at_origin(settings.sign_check->origin, [&] { verifier_.emplace(*settings.sign_check); });
  }
  for (const Written& user : settings.skip_users)
    skip_uids_.push_back(uid_of(user));
}

bool Intake::wants_credentials() const {
  return settings_.use_credentials || !settings_.credential_directories.empty() ||
         !skip_uids_.empty();
}

void Intake::take(Bytes datagram, const Source& source, const Moment& now) {
  Counters& counters = table_.counters();
  counters.received.add();
  const auto rejection = consider(datagram, source, now);
  if (!rejection) return;
  counters.reject(*rejection);
  if (!rejection_lines_.allow()) return;
  log::event(log::Level::warning, "subscription.rejected",
             {{"router", router_},
              {"reason", name_of(*rejection)},
              {"source", source.endpoint.text()},
              {"others", std::to_string(rejection_lines_.suppressed())}});
}

std::optional<Rejection> Intake::consider(Bytes datagram, const Source& source, const Moment& now) {
  if (admission_ && !admission_(source.endpoint)) return Rejection::unlisted;
  if (!budget_.take(source_id(source.endpoint), now.steady)) return Rejection::too_often;
  const auto read_result = read(datagram);
  if (const auto* rejection = std::get_if<Rejection>(&read_result)) return *rejection;
  const auto& announcement = std::get<Announcement>(read_result);
  std::string address(announcement.address);
  const auto endpoint = place_of(address, source.endpoint);
  if (!endpoint || address.size() > longest_address) return Rejection::bad_address;
  // Whoever repeats it would be the host that it leaves out.
  if (verifier_ && address != announcement.address) return Rejection::bad_address;
  if (endpoint->family() == AF_UNIX && !source.this_host) return Rejection::foreign_socket;
  if (const auto rejection = judge_sender(announcement, source)) return rejection;
  if (const auto rejection = judge_signature(announcement, source, now)) return rejection;
  if (!announcement.leaves) return announce(announcement, address, *endpoint, source, now);
  leave(announcement, address);
  return std::nullopt;
}

std::optional<Rejection> Intake::judge_sender(const Announcement& announcement,
                                              const Source& source) const {
  const auto& directories = settings_.credential_directories;
  if (directories.empty()) return std::nullopt;
  const bool proved =
      source.credentials &&
      std::any_of(directories.begin(), directories.end(), [&](const Written& directory) {
        return owns_file(*source.credentials, directory.text, announcement.key);
      });
  return proved ? std::nullopt : std::optional(Rejection::credentials);
}

std::optional<Rejection> Intake::judge_signature(const Announcement& announcement,
                                                 const Source& source, const Moment& now) {
  if (!verifier_) return std::nullopt;
  const bool trusted = source.credentials && std::find(skip_uids_.begin(), skip_uids_.end(),
                                                       source.credentials->uid) != skip_uids_.end();
  if (trusted) return std::nullopt;
  if (announcement.sign.empty()) return Rejection::not_signed;
  const Bytes bytes = announcement.signed_part;
  if (!verifier_->verify(announcement.key, bytes, announcement.sign)) {
    return Rejection::bad_signature;
  }
  return judge_freshness(announcement, now);
}

// Only what was signed by who may: nobody else can fill the memory of it.
std::optional<Rejection> Intake::judge_freshness(const Announcement& announcement,
                                                 const Moment& now) {
  const std::uint64_t unix = announcement.unix.value_or(0);
  const auto tolerance = static_cast<std::uint64_t>(settings_.freshness.count());
  const std::uint64_t id = Stamps::id_of(announcement.key, announcement.address);
  const bool in_time =
      unix <= now.unix ? now.unix - unix <= tolerance : unix - now.unix <= tolerance;
  if (in_time && table_.stamps().is_new(id, announcement.leaves, unix)) {
    table_.stamps().note(id, announcement.leaves, unix);
    return std::nullopt;
  }
  if (stale_lines_.allow()) {
    log::line(
        "[uwsgi-subscription for pid {}] invalid (sniffed ?) packet sent for slot: {} node: {} "
        "unix_check: {}",
        ::getpid(), announcement.key, announcement.address, unix);
  }
  return Rejection::stale;
}

std::optional<Rejection> Intake::announce(const Announcement& announcement,
                                          const std::string& address, const net::Endpoint& endpoint,
                                          const Source& source, const Moment& now) {
  NodeFacts facts{announcement.key,
                  address,
                  endpoint,
                  announcement.modifier1,
                  announcement.modifier2,
                  announcement.cores,
                  announcement.load,
                  announcement.weight,
                  source_id(source.endpoint)};
  if (source.credentials) {
    facts.pid = source.credentials->pid;
    facts.uid = source.credentials->uid;
    facts.gid = source.credentials->gid;
  }
  const Table::Outcome outcome = table_.announce(facts, now);
  if (outcome == Table::Outcome::too_many) return Rejection::too_many;
  if (outcome == Table::Outcome::full) return Rejection::full;
  table_.counters().announces.add();
  if (!announcement.sni_key.empty() || !announcement.sni_crt.empty()) {
    table_.counters().certificates_ignored.add();
    if (certificate_lines_.allow()) {
      log::event(log::Level::warning, "subscription.certificate_ignored",
                 {{"key", std::string(announcement.key)}});
    }
  }
  if (outcome == Table::Outcome::known) return std::nullopt;
  if (outcome == Table::Outcome::new_pool) {
    tell("[uwsgi-subscription for pid {}] new pool: {} (hash key: {})", ::getpid(),
         announcement.key, hash_of(announcement.key));
  }
  tell("[uwsgi-subscription for pid {}] {} => new node: {}", ::getpid(), announcement.key, address);
  acknowledge(announcement, address, source);
  return std::nullopt;
}

void Intake::leave(const Announcement& announcement, const std::string& address) {
  if (!table_.leave(announcement.key, address)) return;
  table_.counters().leaves.add();
  tell("[uWSGI {} pid {}] {} => marking {} as failed", router_, ::getpid(), announcement.key,
       address);
}

// To the unix socket that the node named, of this host alone.
void Intake::acknowledge(const Announcement& announcement, const std::string& address,
                         const Source& source) const {
  const std::string_view path = announcement.notify;
  if (path.empty() || path.size() > longest_notify_path || path.front() != '/') return;
  if (!source.this_host) return;
  sockaddr_un target{};
  target.sun_family = AF_UNIX;
  std::copy(path.begin(), path.end(), target.sun_path);
  const std::string text =
      fmt::format("[subscription ack] {} => new node: {}", announcement.key, address);
  const UniqueFd fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return;
  static_cast<void>(::sendto(fd.get(), text.data(), text.size(), MSG_NOSIGNAL,
                             reinterpret_cast<const sockaddr*>(&target), sizeof target));
}

void Intake::sweep(const Moment& now) {
  for (const Table::Silent& node : table_.sweep(now, settings_.tolerance)) {
    tell(
        "[uwsgi-subscription for pid {}] {} => marking {} as failed (no announce received in "
        "{} seconds)",
        ::getpid(), node.key, node.address, node.seconds);
  }
  const std::uint64_t left_out = node_lines_.left_out();
  if (left_out == 0) return;
  log::event(log::Level::warning, "subscription.lines_left_out",
             {{"router", router_}, {"lines", std::to_string(left_out)}});
}

template <class... Args>
void Intake::tell(fmt::format_string<Args...> format, Args&&... args) {
  if (node_lines_.allow()) log::line(format, std::forward<Args>(args)...);
}

}  // namespace reprise::subscription
