"""The process that connects on behalf of a test from another host (hosts.py): a question is a line
of JSON on its input, [what, arguments], and so is the answer on its output."""

import json
import ssl
import sys

from . import clients


class Agent:
    def __init__(self):
        self._clients = {}    # by version; a session may be offered by the client that got it
        self._sessions = []

    def can_connect(self, address):
        return clients.can_connect(address)

    def read(self, address):
        with clients.connect(address) as connection:
            return clients.receive_all(connection).decode()

    def get(self, address, version, session=None):
        """`session` is the number that an earlier answer had."""
        if version not in self._clients:
            self._clients[version] = clients.TlsClient(ssl.TLSVersion[version], no_delay=True)
        offered = None if session is None else self._sessions[session]
        answer = self._clients[version].get(address, session=offered)
        self._sessions.append(answer.session)
        return {"status": answer.status, "resumed": answer.resumed,
                "session": len(self._sessions) - 1, "body": answer.body.decode()}


def main():
    agent = Agent()
    for line in sys.stdin:
        what, arguments = json.loads(line)
        try:
            answer = {"result": getattr(agent, what)(**arguments)}
        except Exception as problem:   # the test is told
            answer = {"error": repr(problem)}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
