"""Listening sockets, asked from the kernel in two ways."""

import socket

from reconciler.runtime import sock_diag
from reconciler.runtime.listening import tables


def test_netlink_and_the_tables_of_proc_name_the_same_sockets() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as four,
        socket.create_server(("::1", 0), family=socket.AF_INET6) as six,
        socket.create_connection(four.getsockname()) as connected,
    ):
        mine = {one.getsockname()[1] for one in (four, six)}
        other = connected.getsockname()[1]

        netlink, proc = sock_diag.listening(), list(tables())

        for found in (netlink, proc):
            assert mine <= {port for _, port in found}
            assert other not in {port for _, port in found}
        assert sorted(one for one in netlink if one[1] in mine) == sorted(one for one in proc if one[1] in mine)
