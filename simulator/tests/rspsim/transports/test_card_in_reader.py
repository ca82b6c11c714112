"""Cards in a real virtual reader: pcscd and vpcd below, pyscard as the client above."""

import statistics
import time  # noqa: TID251  a daemon and a socket take real time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from rspcore.errors import ConfigError
from rspsim.transports.echo_card import ECHO_ATR, EchoCard
from rspsim.transports.pcscd import PcscDaemon, start_pcscd
from rspsim.transports.pcsclite import Daemon, daemon_state, reader_names, wait_for_reader
from rspsim.transports.readers import Slot
from rspsim.transports.tcp_ports import port_use
from rspsim.transports.vpcd import VpcdCard

pytestmark = pytest.mark.vpcd

ATR_FILE = bytes.fromhex("3B9F96803FC7828031E073FE2113655749434373696D13")
SLOW_S = 0.01
"""A round trip above this has the 40 ms of a delayed acknowledgement in it."""


@pytest.fixture(scope="module")
def scard() -> Any:
    """Returns pyscard's functions, or skips the test."""
    return pytest.importorskip("smartcard.scard", exc_type=ImportError)


@pytest.fixture(scope="module")
def pcscd(scard: Any, need_pcscd: Callable[[], None]) -> Iterator[PcscDaemon]:
    """Runs a pcscd with virtual readers, or skips with the reason."""
    need_pcscd()
    daemon = start_pcscd()
    yield daemon
    daemon.stop()


@pytest.fixture
def slots(pcscd: PcscDaemon) -> tuple[Slot, ...]:
    """Returns the slots without another card."""
    free = tuple(slot for slot in pcscd.slots if not port_use(slot.port).taken)
    if len(free) < 2:
        pytest.skip("other cards are in the virtual readers")
    return free


class Client:
    """A PC/SC client at one reader."""

    def __init__(self, scard: Any, reader: str) -> None:
        self.scard = scard
        code, self.context = scard.SCardEstablishContext(scard.SCARD_SCOPE_USER)
        assert code == scard.SCARD_S_SUCCESS, hex(code)
        self.reader = reader
        self.card: Any = None

    def connect(self, protocol: int | None = None, timeout_s: float = 5.0) -> None:
        """Connects exclusively, as soon as the card is there."""
        wanted = self.scard.SCARD_PROTOCOL_T0 if protocol is None else protocol
        end = time.monotonic() + timeout_s
        while True:
            code, self.card, _ = self.scard.SCardConnect(
                self.context, self.reader, self.scard.SCARD_SHARE_EXCLUSIVE, wanted
            )
            if code == self.scard.SCARD_S_SUCCESS or time.monotonic() > end:
                break
            time.sleep(0.005)
        assert code == self.scard.SCARD_S_SUCCESS, self.scard.SCardGetErrorMessage(code)

    def transmit(self, command: bytes) -> bytes:
        """Sends one command."""
        code, answer = self.scard.SCardTransmit(self.card, self.scard.SCARD_PCI_T0, list(command))
        assert code == self.scard.SCARD_S_SUCCESS, self.scard.SCardGetErrorMessage(code)
        return bytes(answer)

    def status(self) -> tuple[int, bytes]:
        """Returns the protocol in use and the ATR."""
        code, _, _, protocol, atr = self.scard.SCardStatus(self.card)
        assert code == self.scard.SCARD_S_SUCCESS, self.scard.SCardGetErrorMessage(code)
        return protocol, bytes(atr)

    def present(self) -> bool:
        """Returns whether the reader has a card."""
        code, states = self.scard.SCardGetStatusChange(
            self.context, 0, [(self.reader, self.scard.SCARD_STATE_UNAWARE)]
        )
        assert code == self.scard.SCARD_S_SUCCESS, self.scard.SCardGetErrorMessage(code)
        return bool(states[0][1] & self.scard.SCARD_STATE_PRESENT)

    def reset(self) -> None:
        """Resets the card."""
        code, _ = self.scard.SCardReconnect(
            self.card,
            self.scard.SCARD_SHARE_EXCLUSIVE,
            self.scard.SCARD_PROTOCOL_T0,
            self.scard.SCARD_RESET_CARD,
        )
        assert code == self.scard.SCARD_S_SUCCESS, self.scard.SCardGetErrorMessage(code)

    def disconnect(self) -> None:
        """Disconnects from the card and switches its power off."""
        if self.card is not None:
            self.scard.SCardDisconnect(self.card, self.scard.SCARD_UNPOWER_CARD)
            self.card = None

    def close(self) -> None:
        """Disconnects and releases the context."""
        self.disconnect()
        self.scard.SCardReleaseContext(self.context)


@pytest.fixture
def at(scard: Any) -> Iterator[Callable[[Slot], Client]]:
    """Makes clients and closes them at the end."""
    with ExitStack() as stack:

        def make(slot: Slot) -> Client:
            client = Client(scard, slot.reader)
            stack.callback(client.close)
            return client

        yield make


@pytest.mark.parametrize("atr", [ECHO_ATR, ATR_FILE], ids=["short", "euicc"])
def test_reader_shows_the_atr(slots: Any, at: Any, atr: bytes) -> None:
    with VpcdCard(EchoCard(atr), port=slots[0].port):
        client = at(slots[0])
        client.connect()
        assert client.status() == (client.scard.SCARD_PROTOCOL_T0, atr)
        client.disconnect()


def test_pyscard_sees_the_card_by_the_readers_name(slots: Any) -> None:
    readers = pytest.importorskip("smartcard.System").readers
    with VpcdCard(EchoCard(ATR_FILE), port=slots[0].port):
        (reader,) = (one for one in readers() if str(one) == slots[0].reader)
        connection = reader.createConnection()
        connection.connect()
        assert bytes(connection.getATR()) == ATR_FILE
        assert connection.transmit([0, 0xA4, 0, 4, 2, 0x3F, 0]) == ([2, 0x3F, 0], 0x90, 0)
        connection.disconnect()
        connection.release()


@pytest.mark.parametrize("size", [4, 5, 255, 260, 261, 4096, 65_535])
def test_command_of_every_length_passes(slots: Any, at: Any, size: int) -> None:
    with VpcdCard(EchoCard(), port=slots[0].port):
        client = at(slots[0])
        client.connect()
        command = bytes(number % 251 for number in range(size))
        assert client.transmit(command) == command[4:] + b"\x90\x00"
        client.disconnect()


def test_reset_reaches_the_card(slots: Any, at: Any) -> None:
    card = EchoCard()
    with VpcdCard(card, port=slots[0].port):
        client = at(slots[0])
        client.connect()
        before = card.resets
        client.reset()
        assert card.resets == before + 1
        assert client.transmit(bytes(4)) == b"\x90\x00"
        client.disconnect()


def test_disconnect_with_unpower_switches_the_power_off(
    slots: Any, at: Any, settle: Callable[..., None]
) -> None:
    card = EchoCard()
    with VpcdCard(card, port=slots[0].port):
        client = at(slots[0])
        client.connect()
        assert card.powered
        client.disconnect()
        settle(lambda: not card.powered)


def test_removed_card_is_not_in_the_reader(
    slots: Any, at: Any, settle: Callable[..., None]
) -> None:
    client = at(slots[0])
    with VpcdCard(EchoCard(), port=slots[0].port):
        settle(client.present)
    settle(lambda: not client.present())


def test_two_slots_work_at_once_and_independently(slots: Any, at: Any) -> None:
    first, second = EchoCard(ECHO_ATR), EchoCard(ATR_FILE)
    with VpcdCard(first, port=slots[0].port), VpcdCard(second, port=slots[1].port):
        clients = [at(slot) for slot in slots[:2]]
        for client in clients:
            client.connect()
        assert [client.status()[1] for client in clients] == [ECHO_ATR, ATR_FILE]
        for number in range(50):
            for client in clients:
                assert client.transmit(bytes((0, 0, 0, number))) == b"\x90\x00"
        for client in clients:
            client.disconnect()


def test_second_card_in_a_slot_is_refused(slots: Any) -> None:
    with VpcdCard(EchoCard(), port=slots[0].port):
        assert port_use(slots[0].port).taken
        second = VpcdCard(EchoCard(), port=slots[0].port, silence_s=1.5)
        with pytest.raises(ConfigError, match="another card is in this slot"):
            second.start()


def test_round_trip_has_no_delayed_acknowledgement(
    slots: Any, at: Any, record_testsuite_property: Callable[[str, object], None]
) -> None:
    with VpcdCard(EchoCard(), port=slots[0].port):
        client = at(slots[0])
        client.connect()
        times = []
        for _ in range(1000):
            begin = time.perf_counter()
            client.transmit(bytes(20))
            times.append(time.perf_counter() - begin)
        client.disconnect()
    times.sort()
    record_testsuite_property("round_trip_median_ms", round(statistics.median(times) * 1000, 3))
    record_testsuite_property("round_trip_p99_ms", round(times[989] * 1000, 3))
    assert statistics.median(times) < SLOW_S


def test_card_survives_a_restart_of_pcscd(pcscd: PcscDaemon, slots: Any, at: Any) -> None:
    if not pcscd.ours:
        pytest.skip("pcscd was running before; it is not restarted for a test")
    with VpcdCard(EchoCard(ATR_FILE), port=slots[0].port) as link:
        before = link.insertions
        pcscd.stop()
        assert daemon_state() is Daemon.ABSENT
        again = start_pcscd()
        try:
            client = at(slots[0])
            client.connect()
            assert client.status()[1] == ATR_FILE
            assert client.transmit(bytes(5)) == b"\x00\x90\x00"
            assert link.insertions == before + 1
            client.disconnect()
        finally:
            again.stop()
    start_again(pcscd)


def start_again(daemon: PcscDaemon) -> None:
    """Starts a daemon for the tests that follow."""
    follower = start_pcscd()
    daemon._process, daemon._log, daemon._left = follower._process, follower._log, follower._left


def test_reader_that_never_appears_is_an_error_that_lists_the_others(pcscd: PcscDaemon) -> None:
    with pytest.raises(ConfigError, match=r"within 0.05 s; readers there: .*'Virtual PCD"):
        wait_for_reader(lambda _: False, timeout_s=0.05)


def test_more_slots_than_the_running_pcscd_has_are_refused(pcscd: PcscDaemon) -> None:
    with pytest.raises(ConfigError, match=r"40 virtual slots are needed .*: stop it"):
        start_pcscd(slots=40)


def test_running_pcscd_is_used_and_not_stopped(pcscd: PcscDaemon) -> None:
    second = start_pcscd()
    assert not second.ours
    assert second.slots == pcscd.slots
    second.stop()
    assert daemon_state() is Daemon.RUNNING


def test_readers_are_listed_without_pyscard(pcscd: PcscDaemon) -> None:
    assert {slot.reader for slot in pcscd.slots} <= set(reader_names())
