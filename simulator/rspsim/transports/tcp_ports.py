"""The use of a TCP port of this machine, read from the kernel's table without a connection.

A second card at a busy slot is accepted by the kernel and never served, so a trial connection would
not show that the slot is taken.

Source: proc(5), /proc/net/tcp.
"""

from pathlib import Path
from typing import Final

from rspcore.frozen import dataclass

__all__ = ["PortUse", "port_use"]

_TABLES: Final = (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))
_ESTABLISHED: Final = "01"
_LISTEN: Final = "0A"


@dataclass(frozen=True, slots=True)
class PortUse:
    """The use of a port.

    Attributes:
        listener: A program listens; for a slot, that is vpcd.
        taken: A client is connected to it; for a slot, a card is in it.
        processes: Numbers of the processes at the far end, as far as this user may see them.
    """

    listener: bool
    taken: bool
    processes: tuple[int, ...] = ()


def port_use(port: int, tables: tuple[Path, ...] = _TABLES) -> PortUse:
    """Returns the use of a port from the kernel's table; free on a system without that table."""
    listener = taken = False
    inodes: set[str] = set()
    for local, remote, state, inode in _rows(tables):
        listener |= state == _LISTEN and local == port
        taken |= state == _ESTABLISHED and local == port
        if state == _ESTABLISHED and remote == port:
            inodes.add(inode)
    return PortUse(listener, taken, _processes_with(inodes))


def _rows(tables: tuple[Path, ...]) -> list[tuple[int, int, str, str]]:
    """Returns local port, remote port, state and inode of every socket."""
    rows = []
    for table in tables:
        if not table.exists():
            continue
        for line in table.read_text(encoding="ascii").splitlines()[1:]:
            words = line.split()
            local, remote = (int(words[n].rpartition(":")[2], 16) for n in (1, 2))
            rows.append((local, remote, words[3], words[9]))
    return rows


def _processes_with(inodes: set[str]) -> tuple[int, ...]:
    """Returns the processes that hold any of these sockets."""
    wanted = {f"socket:[{inode}]" for inode in inodes}
    found = set()
    for handle in Path("/proc").glob("[0-9]*/fd/*") if wanted else ():
        try:
            link = str(handle.readlink())
        except OSError:  # it was closed meanwhile, or belongs to another user
            continue
        if link in wanted:
            found.add(int(handle.parts[2]))
    return tuple(sorted(found))
