#include "app/sealing.hpp"

#include <fcntl.h>

#include <new>

#include <openssl/rand.h>

#include "base/written.hpp"
#include "cache/owner.hpp"

namespace reprise::app {
namespace {

constexpr char state_kind[] = "cluster";
constexpr char erased_kind[] = "erased";
constexpr char mailbox_kind[] = "mailbox";
constexpr char doorbell_kind[] = "doorbell";

// Some 28,000 sessions, should the keeper be busy or on its way back.
constexpr std::size_t mailbox_size = std::size_t{1} << 20;

std::uint16_t random_node() {
  std::uint16_t node = 0;
  while (node == 0) {
    if (RAND_bytes(reinterpret_cast<unsigned char*>(&node), sizeof node) != 1) {
      throw std::runtime_error("no random bytes for a node number");
    }
  }
  return node;
}

std::unique_ptr<shm::Mailbox> make_mailbox(const std::string& cache, process::Handover& inherited) {
  auto region = inherited.take(mailbox_kind, cache);
  auto doorbell = inherited.take(doorbell_kind, cache);
  if (region && doorbell) {
    return std::make_unique<shm::Mailbox>(std::move(*region), std::move(*doorbell), mailbox_size);
  }
  return std::make_unique<shm::Mailbox>("changes", mailbox_size);
}

// Of the generation before, if it has some of this form: that of another version may be different.
std::optional<shm::Region> former_region(std::optional<UniqueFd> inherited, std::size_t size) {
  if (!inherited || shm::Region::size_of(inherited->get()) != size) return std::nullopt;
  return shm::Region::adopt(std::move(*inherited), size);
}

shm::Region erased_region(std::optional<UniqueFd> inherited) {
  constexpr std::size_t size = sizeof(cluster::Tombstones);
  auto former = former_region(std::move(inherited), size);
  return former ? std::move(*former) : shm::Region::create(erased_kind, size);
}

}  // namespace

Sealing::Sealing(cache::Cache& cache, const sync::Settings& settings, std::size_t pullers,
                 std::chrono::milliseconds longest, process::Handover& inherited, Purpose purpose)
    : cipher_(seal::cipher_of(cache.settings().chacha20)) {
  const std::string& name = cache.settings().name;
  const Written& file = cache.settings().secret;
  at_origin(file.origin, [&] {
    const auto secrets = seal::read_secrets(file.text);
    secrets_ = secrets->count;
    keys_ = seal::derive(*secrets, name, cipher_);
  });
  constexpr std::size_t state_size = sizeof(cluster::SharedState);
  // A check leaves what the running node has alone.
  auto state = inherited.take(state_kind, name);
  if (purpose != Purpose::serve) state.reset();
  if (auto former = former_region(std::move(state), state_size)) {
    state_.emplace(std::move(*former));
    shared_ = reinterpret_cast<cluster::SharedState*>(state_->data());
  } else {
    state_.emplace(shm::Region::create(state_kind, state_size));
    shared_ = ::new (static_cast<void*>(state_->data())) cluster::SharedState;
    shared_->id_clock_base =
        cluster::milliseconds_of(CLOCK_REALTIME) - cluster::milliseconds_of(CLOCK_BOOTTIME);
    shared_->born = shared_->id_clock(cluster::milliseconds_of(CLOCK_BOOTTIME));
  }
  auto erased = inherited.take(erased_kind, name);
  if (purpose != Purpose::serve) erased.reset();
  erased_ = erased_region(std::move(erased));
  // It was all zero, or is a whole table.
  tombstones_ = reinterpret_cast<cluster::Tombstones*>(erased_->data());
  settle_node(cache, settings.node, longest, purpose);
  mailbox_ = make_mailbox(name, inherited);
  outbox_ = std::make_unique<cluster::Outbox>(*mailbox_, *shared_);
  if (pullers > 0) board_.emplace(pullers);
}

// The configured number, the one that a running node has, that of the sessions in the store, or a
// new one.
void Sealing::settle_node(cache::Cache& cache, std::uint16_t configured,
                          std::chrono::milliseconds longest, Purpose purpose) {
  if (shared_->node.load() == 0) shared_->node = cache::owner_of(cache);
  std::uint16_t node = configured;
  if (node == 0) node = static_cast<std::uint16_t>(shared_->node.load());
  if (node == 0) node = random_node();
  shared_->change_node(node, cluster::milliseconds_of(CLOCK_BOOTTIME),
                       static_cast<cluster::Moment>(longest.count()));
  if (purpose == Purpose::serve) cache::set_owner(cache, node);
}

void Sealing::drop_packet_keys() {
  if (!keys_) return;
  [[maybe_unused]] const auto gone = std::move(keys_->packets);
}

// A lock that a process loses when it ends, however that happens.
bool Sealing::take_over() const {
  struct flock lock {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  return ::fcntl(state_->fd(), F_SETLK, &lock) == 0;
}

void Sealing::hand_over(const std::string& cache, process::Handover& handover) const {
  handover.add(state_kind, cache, state_->fd());
  handover.add(erased_kind, cache, erased_->fd());
  handover.add(mailbox_kind, cache, mailbox_->region_fd());
  handover.add(doorbell_kind, cache, mailbox_->doorbell());
}

}  // namespace reprise::app
