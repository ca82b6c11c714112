"""Keys that a server writes on request, so that others can read what it sent.

The keys of TLS are for Wireshark, which reads a capture of the connections with them. The session
keys are those of each BoundProfilePackage (SGP.22 v2, 2.6.4), which an LPA never has: they are
agreed between the server and the card.
"""

from pathlib import Path
from typing import Final

from rspcore.crypto.kdf import session_keys
from rspcore.errors import ConfigError, DecodeError
from rspcore.ids import Iccid, TransactionId
from rspsim.smdpp import SmDpPlus
from rspsim.smdpp.history import Exchange
from rspsim.smdpp.stock.orders import Binding

__all__ = ["make_key_file", "note_session_keys"]

_BINDS: Final = "getBoundProfilePackage"


def make_key_file(file: Path, option: str) -> Path:
    """Makes an empty file that its owner alone may read, and returns it.

    Args:
        file: The file; one that is there is emptied.
        option: The option that named it, for the message.

    Raises:
        ConfigError: it cannot be made.
    """
    try:
        file.touch(mode=0o600)
        file.chmod(0o600)
        file.write_text("")
    except OSError as error:
        raise ConfigError(f"{option} {file}: {error.strerror}") from error
    return file


class _SessionKeyFile:
    """The session keys of the packages of one server, in a file that grows.

    Each package has a line about its session, then its keys in hexadecimal, 16 octets each. A
    package that is sent again in another session has the same keys, and stands there again.
    """

    def __init__(self, server: SmDpPlus, file: Path) -> None:
        """Makes the file.

        Raises:
            ConfigError: it cannot be made.
        """
        self._server = server
        self._file = make_key_file(file, "--session-keys")

    def note(self, exchange: Exchange) -> None:
        """Adds the keys of the package that an exchange sends, if it sends one."""
        if exchange.function != _BINDS or exchange.response.status != 200:
            return
        try:
            name = TransactionId.from_hex(exchange.transaction_id)
        except DecodeError:
            return  # a session that was never there
        session = self._server.sessions.repository.get(name)
        if session is None or session.order is None:
            return
        order = self._server.orders.get(session.order)
        if order.binding is not None:
            self._add(f"transactionId {name}, order {order.number}", order.iccid, order.binding)

    def _add(self, about: str, iccid: Iccid, bound: Binding) -> None:
        agreed = bound.otsk_dp.agree(bound.otpk_euicc)
        keys = session_keys(agreed, host_id=bound.host_id, eid=bound.eid)
        lines = (
            f"# {about}, ICCID {iccid}, EID {bound.eid}",
            f"session key S-ENC {keys.s_enc.hex().upper()}",
            f"session key S-MAC {keys.s_mac.hex().upper()}",
            f"initial MAC chaining value {keys.mac_chaining_value.hex().upper()}",
        )
        with self._file.open("a", encoding="utf-8") as file:
            file.write("".join(f"{line}\n" for line in lines))


def note_session_keys(server: SmDpPlus, file: Path | None) -> None:
    """Writes the session keys of all packages from now on into a file, or nowhere for None.

    Raises:
        ConfigError: the file cannot be made.
    """
    if file is not None:
        server.history.listen(_SessionKeyFile(server, file).note)
