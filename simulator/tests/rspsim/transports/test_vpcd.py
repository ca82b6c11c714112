"""The card's side of the vpcd link, against a simulated driver."""

import logging
import socket
import statistics
import threading
import time  # noqa: TID251  a socket takes real time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from rspcore.errors import ConfigError, LocalError
from rspsim.transports.echo_card import ECHO_ATR, EchoCard
from rspsim.transports.frames import receive_frame, send_frame
from rspsim.transports.vpcd import CardRemoved, VpcdCard

OFF, ON, RESET, ATR = (bytes((code,)) for code in (0, 1, 2, 4))


Insert = Callable[..., VpcdCard]


@pytest.fixture
def insert(driver: Any) -> Iterator[Insert]:
    """Inserts cards into the driver and removes them at the end."""
    links: list[VpcdCard] = []

    def put(card: Any, **options: Any) -> VpcdCard:
        link = VpcdCard(card, port=driver.port, retry_s=0.01, **options)
        links.append(link)
        starter = threading.Thread(target=link.start)
        starter.start()
        driver.take()
        assert driver.ask(ATR) == ECHO_ATR
        starter.join()
        return link

    yield put
    for link in links:
        link.close()


def test_command_is_answered_by_one_frame(driver: Any, insert: Insert, echo: EchoCard) -> None:
    insert(echo)
    assert driver.ask(bytes.fromhex("00A40004023F00")) == bytes.fromhex("023F009000")


@pytest.mark.parametrize("size", [2, 4, 260, 65_535])
def test_every_length_passes(driver: Any, insert: Insert, echo: EchoCard, size: int) -> None:
    insert(echo)
    answer = driver.ask(bytes(size))
    assert len(answer) == max(size - 4, 0) + 2


def test_atr_is_given_without_a_reset(driver: Any, insert: Insert, echo: EchoCard) -> None:
    insert(echo)
    before = echo.resets
    assert [driver.ask(ATR) for _ in range(3)] == [ECHO_ATR] * 3
    assert echo.resets == before


def test_power_and_reset_reach_the_card_and_are_not_answered(
    driver: Any, insert: Insert, echo: EchoCard, settle: Callable[..., None]
) -> None:
    insert(echo)
    driver.send(OFF)
    settle(lambda: not echo.powered)
    before = echo.resets
    driver.send(ON)
    driver.send(RESET)
    assert driver.ask(ATR) == ECHO_ATR
    assert echo.powered
    assert echo.resets == before + 2


def test_one_octet_that_is_not_a_control_is_a_command(
    driver: Any, insert: Insert, echo: EchoCard
) -> None:
    insert(echo)
    assert driver.ask(b"\x03") == b"\x90\x00"


def test_what_would_delay_the_first_command_is_done_once_while_the_reader_is_silent(
    driver: Any, echo: EchoCard, settle: Callable[..., None]
) -> None:
    done = []
    link = VpcdCard(echo, port=driver.port, retry_s=0.01)
    link.spare = lambda: done.append(link.insertions)
    starter = threading.Thread(target=link.start)
    starter.start()
    try:
        driver.take()
        settle(lambda: done == [0])
        assert driver.ask(ATR) == ECHO_ATR
        starter.join()
        time.sleep(0.05)
        assert driver.ask(bytes.fromhex("00A4000C")) == b"\x90\x00"
        assert done == [0]
    finally:
        link.close()


def test_frame_in_single_octets_is_assembled(driver: Any, insert: Insert, echo: EchoCard) -> None:
    insert(echo)
    driver.link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for octet in bytes.fromhex("0006 00A4000C 1234"):
        driver.write(bytes((octet,)))
    assert driver.receive() == bytes.fromhex("12349000")


def test_two_writes_per_frame_do_not_cost_a_delayed_acknowledgement(
    driver: Any, insert: Insert, echo: EchoCard
) -> None:
    link = insert(echo)
    times = []
    for _ in range(50):
        begin = time.perf_counter()
        driver.ask(bytes(64))
        times.append(time.perf_counter() - begin)
    link.close()
    assert statistics.median(times) < 0.01, "40 ms is the kernel's delayed acknowledgement"


def test_answer_is_written_in_one_piece(driver: Any, insert: Insert, echo: EchoCard) -> None:
    insert(echo)
    driver.send(bytes(30))
    time.sleep(0.05)
    assert len(driver.link.recv(4096)) == 2 + 28


def test_card_connects_again_when_the_driver_restarts(
    driver: Any, insert: Insert, echo: EchoCard, settle: Callable[..., None]
) -> None:
    link = insert(echo)
    for count in (2, 3):
        driver.drop()
        driver.take()
        assert driver.ask(ATR) == ECHO_ATR
        settle(lambda count=count: link.insertions == count)


def test_frames_sent_in_one_piece_are_separated(
    driver: Any, insert: Insert, echo: EchoCard
) -> None:
    insert(echo)
    driver.write(bytes.fromhex("0005 00000000AA 0006 00000000BBCC"))
    assert driver.receive() == bytes.fromhex("AA9000")
    assert driver.receive() == bytes.fromhex("BBCC9000")


def test_slow_reader_keeps_its_card(driver: Any, insert: Insert, echo: EchoCard) -> None:
    link = insert(echo, silence_s=0.03)
    time.sleep(0.1)
    assert driver.ask(bytes(5)) == b"\x00\x90\x00"
    assert link.insertions == 1


@pytest.mark.parametrize("octets", [b"\x00\x05\x01", b"\x00"])
def test_truncated_frame_ends_the_link_and_the_card_connects_again(
    driver: Any, insert: Insert, echo: EchoCard, octets: bytes
) -> None:
    insert(echo)
    driver.write(octets)
    driver.link.shutdown(socket.SHUT_WR)
    driver.take()
    assert driver.ask(ATR) == ECHO_ATR


def test_frame_without_octets_ends_the_link(driver: Any, insert: Insert, echo: EchoCard) -> None:
    insert(echo)
    driver.write(b"\x00\x00")
    assert driver.receive() == b""


def test_card_waits_for_a_driver_that_is_not_there_yet(echo: EchoCard) -> None:
    place = socket.create_server(("127.0.0.1", 0))
    port = place.getsockname()[1]
    place.close()
    link = VpcdCard(echo, port=port, retry_s=0.01)
    thread = threading.Thread(target=link.serve)
    thread.start()
    time.sleep(0.05)
    with socket.create_server(("127.0.0.1", port)) as listener:
        connection, _ = listener.accept()
        with connection:
            send_frame(connection, ATR)
            assert receive_frame(connection) == ECHO_ATR
            link.close()
    thread.join()


def test_waiting_is_logged_once(echo: EchoCard, caplog: pytest.LogCaptureFixture) -> None:
    link = VpcdCard(echo, port=9, retry_s=0.001)
    with caplog.at_level(logging.INFO, "rspsim.vpcd"), pytest.raises(ConfigError):
        link.start(timeout_s=0.1)
    assert len([one for one in caplog.records if "waiting" in one.getMessage()]) == 1


def test_no_reader_in_time_is_an_error_with_its_remedy(echo: EchoCard) -> None:
    link = VpcdCard(echo, port=9, retry_s=0.01)
    with pytest.raises(ConfigError, match=r"no reader took the card .* port 9 .*rsplab doctor"):
        link.start(timeout_s=0.05)


def test_silent_port_is_reported_as_busy(driver: Any, echo: EchoCard) -> None:
    link = VpcdCard(echo, port=driver.port, silence_s=0.05)
    with pytest.raises(ConfigError, match="another card is in this slot"):
        link.start()
    assert not echo.powered


def test_silence_after_the_first_service_is_only_a_warning(
    driver: Any,
    insert: Insert,
    echo: EchoCard,
    caplog: pytest.LogCaptureFixture,
    settle: Callable[..., None],
) -> None:
    link = insert(echo, silence_s=0.05)
    driver.drop()
    settle(lambda: "another card is in this slot" in caplog.text)
    driver.take()
    link.close()


def test_bug_in_the_card_is_logged_and_answered_6f00(
    driver: Any, insert: Insert, echo: EchoCard, caplog: pytest.LogCaptureFixture
) -> None:
    class Buggy(EchoCard):
        def transmit(self, command: bytes, /) -> bytes:
            if command[1] == 0xEE:
                raise ZeroDivisionError("a bug")
            return super().transmit(command)

    link = insert(Buggy())
    assert driver.ask(bytes.fromhex("80EE0102 03AABBCC")) == b"\x6f\x00"
    assert driver.ask(bytes.fromhex("80E20000")) == b"\x90\x00"
    link.close()
    assert "ZeroDivisionError: a bug" in caplog.text
    assert "80 EE 01 02 (8 octets)" in caplog.text
    assert "AA" not in caplog.text.replace("AAAA", "")


def test_bug_at_reset_is_logged_and_the_atr_is_kept(
    driver: Any, insert: Insert, caplog: pytest.LogCaptureFixture
) -> None:
    class Buggy(EchoCard):
        def reset(self) -> bytes:
            if self.resets:
                raise ZeroDivisionError("a bug")
            return super().reset()

    link = insert(Buggy())
    driver.send(RESET)
    assert driver.ask(ATR) == ECHO_ATR
    link.close()
    assert "bug in the card at reset" in caplog.text


def test_card_that_removes_itself_is_inserted_again(driver: Any, insert: Insert) -> None:
    class Leaving(EchoCard):
        def transmit(self, _: bytes, /) -> bytes:
            raise CardRemoved

    card = Leaving()
    link = insert(card)
    assert driver.ask(bytes(5)) == b""
    driver.take()
    assert driver.ask(ATR) == ECHO_ATR
    assert link.insertions == 2


class Witness:
    """An observer that records its events."""

    def __init__(self) -> None:
        self.seen: list[tuple[object, ...]] = []

    def inserted(self, atr: bytes) -> None:
        self.seen.append(("inserted", atr))

    def reset(self, atr: bytes) -> None:
        self.seen.append(("reset", atr))

    def exchanged(self, command: bytes, response: bytes, elapsed_s: float) -> None:
        assert 0 <= elapsed_s < 5
        self.seen.append((command, response))


def test_observer_gets_every_event(driver: Any, insert: Insert, echo: EchoCard) -> None:
    witness = Witness()
    link = insert(echo, observer=witness)
    driver.ask(b"\x00\xa4\x00\x00\x01")
    driver.send(RESET)
    driver.ask(ATR)
    link.close()
    assert witness.seen == [
        ("inserted", ECHO_ATR),
        (b"\x00\xa4\x00\x00\x01", b"\x01\x90\x00"),
        ("reset", ECHO_ATR),
    ]


def test_closing_switches_the_power_off_and_can_be_repeated(
    driver: Any, insert: Insert, echo: EchoCard
) -> None:
    link = insert(echo)
    link.close()
    link.close()
    assert not echo.powered
    assert driver.receive() == b""


def test_starting_twice_is_refused(driver: Any, insert: Insert, echo: EchoCard) -> None:
    link = insert(echo)
    with pytest.raises(LocalError, match="served already"):
        link.start()
    link.close()


def test_stop_before_serving_returns_at_once(driver: Any, echo: EchoCard) -> None:
    link = VpcdCard(echo, port=driver.port)
    link.stop()
    link.serve()
    link.close()


def test_too_long_a_frame_is_refused_before_anything_is_sent() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        with pytest.raises(LocalError, match="65536 octets"):
            send_frame(ours, bytes(65_536))
        ours.shutdown(socket.SHUT_WR)
        assert theirs.recv(1) == b""
