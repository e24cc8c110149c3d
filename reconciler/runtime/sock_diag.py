"""
Listening TCP sockets by NETLINK_SOCK_DIAG (sock_diag(7)).

The kernel hands out those in state LISTEN alone. `/proc/net/tcp` lists every connection of the machine before it can
be filtered, and walks all of a large hash table even where there is none.
"""

import os
import socket
import struct
from collections.abc import Iterator

_NETLINK_SOCK_DIAG = 4
_SOCK_DIAG_BY_FAMILY = 20
_REQUEST_DUMP = 0x001 | 0x300
_DONE, _ERROR = 3, 2
_LISTEN = 10

# linux/netlink.h and linux/inet_diag.h; ports are in network order, what is in between does not matter here.
_HEADER = struct.Struct("=IHHII")
_REQUEST = struct.Struct("=BBBxI48x")
_PORT = struct.Struct(">H")
_INODE = struct.Struct("=I")
_PORT_AT, _INODE_AT = 4, 68
_BUFFER = 65_536


def listening() -> list[tuple[int, int]]:
    """
    Inode and port of each listening socket, of both families.

    Raises:
        OSError: the kernel or a sandbox does not offer it.
    """
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, _NETLINK_SOCK_DIAG) as asked:
        asked.settimeout(1.0)
        return [one for family in (socket.AF_INET, socket.AF_INET6) for one in _of(asked, family)]


def _of(asked: socket.socket, family: int) -> Iterator[tuple[int, int]]:
    body = _REQUEST.pack(family, socket.IPPROTO_TCP, 0, 1 << _LISTEN)
    asked.send(_HEADER.pack(_HEADER.size + len(body), _SOCK_DIAG_BY_FAMILY, _REQUEST_DUMP, 0, 0) + body)
    while True:
        for kind, message in _messages(asked.recv(_BUFFER)):
            if kind == _DONE:
                return
            if kind == _ERROR:
                number = -struct.unpack_from("=i", message)[0]
                raise OSError(number, os.strerror(number))
            yield _INODE.unpack_from(message, _INODE_AT)[0], _PORT.unpack_from(message, _PORT_AT)[0]


def _messages(data: bytes) -> Iterator[tuple[int, bytes]]:
    start = 0
    while start < len(data):
        length, kind, *_ = _HEADER.unpack_from(data, start)
        yield kind, data[start + _HEADER.size : start + length]
        start += (length + 3) & ~3
