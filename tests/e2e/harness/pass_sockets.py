"""Runs a program with listening sockets as its descriptors 3, 4 …, like systemd does.

    pass_sockets.py [--systemd] ADDRESS... -- PROGRAM ARGUMENT...
"""

import os
import socket
import sys


def listen(address):
    if address.startswith("/"):
        one = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        one.bind(address)
    else:
        host, _, port = address.rpartition(":")
        one = socket.socket(socket.AF_INET6 if host.startswith("[") else socket.AF_INET)
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        one.bind((host.strip("[]"), int(port)))
    one.listen(10)
    return one


def main():
    words = sys.argv[1:]
    end = words.index("--")
    addresses, command = words[:end], words[end + 1:]
    systemd = addresses[0] == "--systemd"
    # Two steps: a number may be a socket's already.
    sockets = [os.dup2(listen(address).detach(), 50 + i)
               for i, address in enumerate(addresses[systemd:])]
    for i, fd in enumerate(sockets):
        os.dup2(fd, 3 + i, inheritable=True)
        os.close(fd)
    if systemd:
        os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS=str(len(sockets)))
    os.execv(command[0], command)


if __name__ == "__main__":
    main()
