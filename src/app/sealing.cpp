#include "app/sealing.hpp"

#include <fcntl.h>

#include <new>

#include <openssl/rand.h>

#include "base/written.hpp"

namespace reprise::app {
namespace {

constexpr char state_kind[] = "cluster";
constexpr char mailbox_kind[] = "mailbox";
constexpr char doorbell_kind[] = "doorbell";

constexpr std::size_t state_size = 16384;
static_assert(sizeof(cluster::SharedState) <= state_size);

// Some 28,000 sessions, should the keeper be busy or on its way back.
constexpr std::size_t mailbox_size = std::size_t{1} << 20;

std::uint32_t random_node() {
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

}  // namespace

Sealing::Sealing(const cache::Settings& cache, const sync::Settings& settings, std::size_t pullers,
                 process::Handover& inherited, Purpose purpose)
    : cipher_(seal::cipher_of(cache.chacha20)) {
  at_origin(cache.secret.origin, [&] {
    const auto secrets = seal::read_secrets(cache.secret.text);
    secrets_ = secrets->count;
    keys_ = seal::derive(*secrets, cache.name, cipher_);
  });
  // A check leaves what the running node has alone.
  auto state = inherited.take(state_kind, cache.name);
  if (state && purpose == Purpose::serve) {
    state_ = shm::Region::adopt(std::move(*state), state_size);
    shared_ = reinterpret_cast<cluster::SharedState*>(state_->data());
  } else {
    state_ = shm::Region::create("cluster", state_size);
    shared_ = ::new (static_cast<void*>(state_->data())) cluster::SharedState;
    shared_->id_clock_base =
        cluster::milliseconds_of(CLOCK_REALTIME) - cluster::milliseconds_of(CLOCK_BOOTTIME);
    shared_->node = random_node();
    shared_->born = shared_->id_clock(cluster::milliseconds_of(CLOCK_BOOTTIME));
  }
  if (settings.node != 0) shared_->node = settings.node;
  mailbox_ = make_mailbox(cache.name, inherited);
  outbox_ = std::make_unique<cluster::Outbox>(*mailbox_, *shared_);
  if (pullers > 0) board_.emplace(pullers);
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
  handover.add(mailbox_kind, cache, mailbox_->region_fd());
  handover.add(doorbell_kind, cache, mailbox_->doorbell());
}

}  // namespace reprise::app
