"""`rsplab card`: served by a real process, and listed."""

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from rspcore.ids import Eid
from rspcore.pki.generate import REFERENCE_EID
from rspsim.__main__ import PROGRAM
from rspsim.card_setup import CardRequest, kept_state
from rspsim.faults import card, hostile
from rspsim.stores.sqlite import SqliteStore
from rspsim.transports import shared_daemon, tcp_ports
from rspsim.transports.tcp_ports import PortUse

ATR, RESET, OFF = b"\x04", b"\x02", b"\x00"
OPEN = bytes.fromhex("0070000001")
SELECT = bytes.fromhex("01A4040410A0000005591010FFFFFFFF8900000100")
GET_EID = bytes.fromhex("81E2910006BF3E035C015A")

Serve = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def serve(driver: Any) -> Iterator[Serve]:
    """Starts `rsplab card serve` as a separate process, with its card in the driver."""
    processes: list[subprocess.Popen[str]] = []

    def start(*words: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "rspsim", "card", "serve"),
                *("--wait", "--port", str(driver.port), *words),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        processes.append(process)
        driver.listener.settimeout(20)
        driver.take()
        return process

    yield start
    for process in processes:
        process.kill()
        process.communicate()


def test_served_card_has_the_ports_asked_for(serve: Serve, driver: Any) -> None:
    serve("--personality", "v3.1", "--mep", "A1", "B", "--esim-ports", "3")
    driver.send(RESET)
    configure = bytes.fromhex("807C04000D 800102 810101 900201 03 910102 00")
    waiting = driver.ask(configure)
    assert waiting[:1] == b"\x61"
    answer = driver.ask(bytes.fromhex("00C00000") + waiting[1:])
    assert answer[6:11] == bytes.fromhex("9003010103"), "A1 agreed; A1 and B are the modes"


def get_eid(driver: Any) -> bytes:
    """Asks the card for its EID, as an LPA does."""
    driver.send(RESET)
    assert driver.ask(OPEN) == bytes.fromhex("019000")
    assert driver.ask(SELECT)[0] == 0x61
    answer: bytes = driver.ask(GET_EID)
    assert answer[0] == 0x61
    return bytes(driver.ask(bytes((0x01, 0xC0, 0, 0, answer[1]))))


def ended(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    """Waits for the end; returns the exit code and what was printed."""
    out, err = process.communicate(timeout=20)
    return process.returncode, out, err


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signal_ends_the_process_with_0(serve: Serve, driver: Any, number: signal.Signals) -> None:
    process = serve()
    assert driver.ask(ATR)[0] == 0x3B
    process.send_signal(number)
    assert driver.receive() == b""
    code, out, err = ended(process)
    assert (code, err) == (0, "")
    assert out == f"card {REFERENCE_EID} (v2.5) is in the reader at port {driver.port}\n"


def test_end_of_input_ends_the_process_where_asked_for(serve: Serve, driver: Any) -> None:
    process = serve("--until-eof")
    assert driver.ask(ATR)[0] == 0x3B
    code, _, err = ended(process)  # which closes its input
    assert (code, err) == (0, "")
    assert driver.receive() == b""


def test_card_of_a_file_is_the_same_after_a_restart(
    serve: Serve, driver: Any, tmp_path: Path
) -> None:
    eid = Eid.from_first_digits("890490321234512345123456789099")
    words = ("--state", str(tmp_path / "card"))
    process = serve(*words, "--eid", str(eid))
    first = get_eid(driver)
    assert eid.octets in first
    process.terminate()
    assert ended(process)[0] == 0
    process = serve(*words)
    assert get_eid(driver) == first


def test_file_of_a_killed_process_can_be_opened_again(
    serve: Serve, driver: Any, tmp_path: Path
) -> None:
    words = ("--state", str(tmp_path / "card"))
    process = serve(*words)
    first = get_eid(driver)
    process.kill()
    process.wait()
    serve(*words)
    assert get_eid(driver) == first


def test_two_cards_do_not_share_a_file(serve: Serve, driver: Any, tmp_path: Path) -> None:
    serve("--state", str(tmp_path / "card"))
    assert driver.ask(ATR)
    words = (sys.executable, "-m", "rspsim", "card", "serve", "--wait")
    second = subprocess.run(
        [*words, "--state", str(tmp_path / "card")], capture_output=True, text=True, check=False
    )
    assert second.returncode == 3
    assert "in use by another card" in second.stderr
    assert "Traceback" not in second.stderr


def test_log_has_every_command_with_its_answer(serve: Serve, driver: Any, tmp_path: Path) -> None:
    process = serve("--log", str(tmp_path / "log"))
    answer = get_eid(driver)
    process.terminate()
    ended(process)
    lines = (tmp_path / "log").read_text().splitlines()
    octets = [bytes.fromhex(line[2:].partition(";")[0]) for line in lines if line[0] in "<>"]
    exchanges = dict(zip(octets[::2], octets[1::2], strict=True))
    assert sum(line.startswith("ATR 3B") for line in lines) == 2
    assert exchanges[OPEN] == bytes.fromhex("019000")
    assert exchanges[SELECT][0] == 0x61
    assert exchanges[GET_EID][0] == 0x61
    assert exchanges[bytes((0x01, 0xC0, 0, 0, len(answer) - 2))] == answer


def test_log_without_a_file_is_written_to_standard_output(serve: Serve, driver: Any) -> None:
    process = serve("--log")
    driver.ask(OPEN)
    process.terminate()
    assert "> 00 70 00 00 01\n< 01 90 00" in ended(process)[1]


def test_same_seed_gives_the_same_challenge(serve: Serve, driver: Any) -> None:
    challenges = []
    for seed in ("one", "one", "two"):
        process = serve("--seed", seed)
        driver.send(RESET)
        driver.ask(OPEN)
        driver.ask(SELECT)
        driver.ask(bytes.fromhex("81E2910003BF2E00"))
        challenges.append(driver.ask(bytes.fromhex("01C0000015")))
        process.terminate()
        ended(process)
    assert challenges[0] == challenges[1] != challenges[2]


@pytest.mark.parametrize(
    ("words", "code", "reason"),
    [
        (["--option", "wings=2"], 2, "expected NAME=VALUE"),
        (["--personality", "v9"], 3, "expected one of"),
        (["--log", "nowhere/log"], 3, "--log nowhere/log: No such file"),
        (["--state", "nowhere/card"], 3, "not accessible"),
    ],
)
def test_wrong_use_is_reported_in_one_line(
    capsys: pytest.CaptureFixture[str], words: list[str], code: int, reason: str
) -> None:
    assert PROGRAM.main(["card", "serve", "--wait", *words]) == code
    err = capsys.readouterr().err
    assert reason in err
    assert len(err.splitlines()) == 1


def test_invalid_eid_is_wrong_use(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended_with:
        PROGRAM.main(["card", "serve", "--eid", "12"])
    assert ended_with.value.code == 2
    assert "expected 32 decimal digits" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("use", "reason"),
    [
        (PortUse(True, True, (7, 8)), r"port 9: another card is in this slot (process 7, 8)"),
        (PortUse(True, True), "port 9: another card is in this slot; stop it"),
        (PortUse(False, False), "port 9: no virtual reader listens there"),
    ],
)
def test_unusable_slot_is_reported_before_serving(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], use: PortUse, reason: str
) -> None:
    class NoPcscd:
        def __init__(self, slots: int) -> None:
            """Takes what the daemon would take."""

        def __enter__(self) -> None:
            """Starts nothing."""

        def __exit__(self, *_: object) -> None:
            """Stops nothing."""

    monkeypatch.setattr(shared_daemon, "shared_pcscd", NoPcscd)
    monkeypatch.setattr(tcp_ports, "port_use", lambda _: use)
    assert PROGRAM.main(["card", "serve", "--port", "9"]) == 3
    assert reason in capsys.readouterr().err


def test_info_shows_the_card_and_no_key(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with SqliteStore(tmp_path / "card") as store:
        state = kept_state(store, CardRequest(options=("cat_busy=yes",)))
    assert PROGRAM.main(["card", "info", str(tmp_path / "card")]) == 0
    out = capsys.readouterr().out
    assert f"EID            {REFERENCE_EID}\n" in out
    assert "personality    v2.5, SGP.22 2.5.0\n" in out
    assert "options        cat_busy=True\n" in out
    for credential in state.credentials:
        assert credential.ci_pkid.hex().upper() in out
        assert credential.euicc_scalar is not None
        assert credential.euicc_scalar.hex() not in out.lower()


def test_info_of_a_missing_file_is_reported(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert PROGRAM.main(["card", "info", str(tmp_path / "nowhere")]) == 3
    assert "no such file" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_info_of_an_empty_file_is_reported(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    SqliteStore(tmp_path / "card").close()
    assert PROGRAM.main(["card", "info", str(tmp_path / "card")]) == 3
    assert "no card in it yet" in capsys.readouterr().err


def test_options_are_listed_with_their_values(capsys: pytest.CaptureFixture[str]) -> None:
    assert PROGRAM.main(["card", "options"]) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["cat_busy", "no"] in lines
    assert ["segment_limit", "1036", "1020", "|", "1036"] in lines


def test_options_are_those_of_the_card_in_force(capsys: pytest.CaptureFixture[str]) -> None:
    def shown(*words: str) -> dict[str, str]:
        assert PROGRAM.main(["card", "options", *words]) == 0
        lines = capsys.readouterr().out.splitlines()
        return {line.split()[0]: line.split()[1] for line in lines}

    assert shown("--preset", "strict-segments")["segment_limit"] == "1020"
    usual = shown()
    assert usual == shown("--personality", "v2.5")
    assert usual["no_result_available"] != shown("--personality", "v2.6")["no_result_available"]
    assert PROGRAM.main(["card", "options", "--personality", "v9"]) == 3
    assert PROGRAM.main(["card", "options", "--preset", "nothing"]) == 2


def test_faults_are_listed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    one = SimpleNamespace(name="accept_any_signature", summary="takes every signature")
    other = SimpleNamespace(name="hostile.silent", summary="answers nothing")
    monkeypatch.setattr(card, "FAULTS", (one,))
    monkeypatch.setattr(hostile, "HOSTILE", (other,))
    assert PROGRAM.main(["card", "faults"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(maxsplit=1) for line in lines] == [
        ["accept_any_signature", "takes every signature"],
        ["hostile.silent", "answers nothing"],
    ]
