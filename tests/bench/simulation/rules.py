"""What the product does, as numbers: sizes of src/cluster/messages.cpp, the times of src/cluster/pulls.cpp
and member_say.cpp, and measured CPU times (README.md, "What it costs"). Bytes and microseconds."""

IP_AND_UDP = 20 + 8
ENVELOPE = 32 + 12 + 16          # header, nonce, tag
PREAMBLE = 14
TYPE_AND_LENGTH = 3
ID = 32
DER = 104                        # of a TLS session, without its id
LARGEST_DATAGRAM = 1232          # without IP and UDP
VERSION = 3                      # "0.1"

SESSION = TYPE_AND_LENGTH + 4 + 1 + ID + DER
ASK = TYPE_AND_LENGTH + 8 + ID
ANSWER = TYPE_AND_LENGTH + 8 + 4 + 1 + ID + DER
NOT_HERE = TYPE_AND_LENGTH + 8 + 1
CHALLENGE = TYPE_AND_LENGTH + 16 + 8
PROOF = TYPE_AND_LENGTH + 16 + 12 + 8 + 6


def hello(keys=1, former=0, token=False, version=VERSION):
    return (TYPE_AND_LENGTH + 1 + 2 * former + 4 + 8 + 6 + 8 + 1 + 4 * keys + 1 + version + 1
            + 16 * token + 1 + 8)        # what it is, and the sum over its sessions


LOST = TYPE_AND_LENGTH + 6 + 2   # one range
SETTLED = TYPE_AND_LENGTH + 6 + 1
LOST_PATIENCE = 20_000.0         # before a push that was overtaken is asked for, microseconds
BETWEEN_LOST = 200_000.0         # until it is again,
MOST_LOST = 3                    # so many times


def datagram(*messages):
    """On the wire."""
    return IP_AND_UDP + ENVELOPE + PREAMBLE + sum(messages)


def push(sessions):
    return datagram(sessions * SESSION)


LARGEST_BATCH = (LARGEST_DATAGRAM - ENVELOPE - PREAMBLE) // SESSION


def hello_interval(nodes):
    """Seconds."""
    return 1.0 if nodes <= 500 else nodes * 0.002


PROOF_INTERVAL = 60              # seconds between challenges of a live peer

# CPU. Sealing and opening are measured for one session and for seven in a datagram; between them and
# beyond they grow with each session by the same.
SEAL_ONE, SEAL_SEVEN = 1.6, 7 * 0.3
OPEN_ONE, OPEN_SEVEN = 0.7, 7 * 0.2
SEND_ALONE, SEND_IN_BURST = 8.0, 4.0   # for each addressee
RECEIVE = 3.0                    # a datagram
SET = 0.3                        # a session into the cache
REPEATER_COPY = 4.0
REPEATER_RECEIVE = RECEIVE
FULL_HANDSHAKE, RESUMED_HANDSHAKE = 721.0, 573.0   # README: P-256, unconfigured client

BYTES_HELD = 280                 # memory for a session, all overhead included
LIFETIME = 300.0                 # seconds, ssl-sessions-timeout

PULL_BUDGET = 6000.0
SHORTEST_STEP = 1000.0
MOST_PULLS = 20_000              # that a node begins in a second

# An external store: assumed, not measured here. A request costs a node as much as a datagram there and one
# back, twice over for TCP and its protocol; the store has a thread that does 100,000 requests a second.
STORE_NODE_CPU = 2 * (SEND_ALONE + RECEIVE)
STORE_CPU = 10.0
STORE_BYTES = 2 * 52 + 40 + 2 * ID + DER + 40    # TCP there and back, its protocol, key and value


def linear(one, seven, sessions):
    each = (seven - one) / 6
    return one - each + each * sessions


def seal(sessions=1):
    return linear(SEAL_ONE, SEAL_SEVEN, sessions)


def open_(sessions=1):
    return linear(OPEN_ONE, OPEN_SEVEN, sessions)


SEND_SMALL = SEAL_ONE + SEND_ALONE       # a datagram to one peer
HEAR_SMALL = RECEIVE + OPEN_ONE


def pull_step(round_trip, spread):
    return min(PULL_BUDGET / 4, max(SHORTEST_STEP, round_trip + 4 * spread))
