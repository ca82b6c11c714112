"""The use of a TCP port according to the kernel."""

import os
import socket
from pathlib import Path

from rspsim.transports.tcp_ports import PortUse, port_use


def test_free_port_is_free() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    assert port_use(port) == PortUse(listener=False, taken=False)


def test_listener_without_a_card_is_not_taken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert port_use(server.getsockname()[1]) == PortUse(listener=True, taken=False)


def test_connected_card_takes_the_port_and_its_process_is_found() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)) as card:
            taken, _ = server.accept()
            with taken:
                assert port_use(port) == PortUse(True, True, (os.getpid(),))
            card.recv(1)
        assert not port_use(port).taken


def test_system_without_the_tables_has_free_ports(tmp_path: Path) -> None:
    assert port_use(22, (tmp_path / "tcp",)) == PortUse(listener=False, taken=False)
