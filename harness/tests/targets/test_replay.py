import gzip
import stat

import pytest

from rspcore.errors import ConfigError
from rspcore.ids import Eid
from rspcore.pki.generate import make_pki
from rspharness.cli.main import main
from rspharness.record.recording import begin, read_recording
from rspharness.record.verdicts import TargetLost
from rspharness.run.opening import load_settings
from rspharness.simulated.inprocess import InProcessTarget
from rspharness.targets.recorded import RecordedTarget, described
from rspharness.targets.recorded_state import RecordedState
from rspharness.targets.replay import ReplayTarget
from rspharness.targets.settings import TargetSettings
from rspharness.targets.target import TargetOptions

EID = Eid.from_digits("89049032123451234512345678901235")
CHANNEL = bytes.fromhex("0070000001")
ISDR = bytes.fromhex("01A4040010A0000005591010FFFFFFFF890000010000")
GET_EID = bytes.fromhex("81E2910006BF3E035C015A00")
GET_INFO = bytes.fromhex("81E2910003BF220000")
CHALLENGE = bytes.fromhex("81E2910003BF2E0000")
SET_ADDRESS = bytes.fromhex("81E2910006BF3F038001 6100".replace(" ", ""))


def _target(settings=None):
    settings = settings or TargetSettings(kind="inprocess", name="inprocess")
    return TargetOptions(settings=settings, pki=make_pki(eid=EID), eid=EID)


def _answer(link, command):
    response = link.transmit(command)
    while response[-2] == 0x61:
        rest = link.transmit(bytes((command[0], 0xC0, 0, 0, response[-1])))
        response = response[:-2] + rest
    return response


def _recorded(path, *sessions):
    """Records sessions of the simulated card; each is a label and commands, None for a reset."""
    target = RecordedTarget(InProcessTarget(_target()), path, {})
    answers = []
    for label, *commands in sessions:
        target.label(label)
        link = target.open()
        answers += [link.reset() if one is None else _answer(link, one) for one in commands]
        link.close()
    target.close()
    return answers


def _replay(path, *, search=False):
    how = "replay-search" if search else "replay"
    return ReplayTarget(_target(load_settings(f"{how}:{path}")))


def _replayed(target, *commands, label=""):
    target.label(label)
    link = target.open()
    return [link.reset() if one is None else _answer(link, one) for one in commands]


OPENED = (None, CHANNEL, ISDR)


@pytest.mark.parametrize("name", ["card.rec", "card.rec.gz"])
def test_recording_answers_as_the_card_did(tmp_path, name):
    path = tmp_path / name
    answers = _recorded(path, ("", *OPENED, GET_EID), ("A#01", *OPENED, CHALLENGE))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    target = _replay(path)
    assert target.simulated
    assert target.settings.options["CATBUSY"] is False  # as declared when it was recorded
    assert _replayed(target, *OPENED, GET_EID) == answers[:4]
    assert _replayed(target, *OPENED, CHALLENGE, label="A#01") == answers[4:]


def test_strict_replay_names_the_command_that_comes_too_early(tmp_path):
    path = tmp_path / "card.rec"
    _recorded(path, ("", *OPENED, GET_EID, GET_INFO))
    with pytest.raises(TargetLost, match="81 E2 91 00 03 BF 22 00 00 is not recorded here: line "):
        _replayed(_replay(path), *OPENED, GET_INFO)
    with pytest.raises(TargetLost, match="the session ends"):
        _replayed(_replay(path), *OPENED, GET_EID, GET_INFO, GET_INFO)
    with pytest.raises(TargetLost, match="no reset is recorded here"):
        _replayed(_replay(path), None, None)
    with pytest.raises(TargetLost, match="no session of B#01 is recorded from here on"):
        _replayed(_replay(path), label="B#01")


def test_searching_replay_finds_what_is_asked_in_another_order(tmp_path):
    path = tmp_path / "card.rec"
    answers = _recorded(path, ("", *OPENED, GET_EID, GET_INFO), ("A#01", *OPENED, CHALLENGE))
    target = _replay(path, search=True)
    assert _replayed(target, *OPENED, GET_INFO, GET_EID)[3:] == [answers[4], answers[3]]
    assert _replayed(target, *OPENED, CHALLENGE, label="A#01")[3] == answers[8]


def test_searching_replay_answers_nothing_in_another_state_of_the_card(tmp_path):
    path = tmp_path / "card.rec"
    addresses = bytes.fromhex("81E2910003BF3C0000")
    _recorded(path, ("", *OPENED, addresses, SET_ADDRESS, GET_EID, None, *OPENED[1:], GET_INFO))
    with pytest.raises(TargetLost, match="81 E2 91 00 03 BF 22 00 00 is not recorded: not in this"):
        _replayed(_replay(path, search=True), *OPENED, GET_INFO)  # it came after the change only
    link_lost = _replay(path, search=True)
    with pytest.raises(TargetLost, match="BF 3C 00 00 is not recorded: not in this state"):
        _replayed(link_lost, *OPENED, SET_ADDRESS, addresses)
    with pytest.raises(TargetLost, match="BF 2E 00 00 is not recorded: not at all"):
        _replayed(_replay(path, search=True), *OPENED, CHALLENGE)


def test_what_is_not_recorded_ends_a_command_of_the_lpa_with_3(tmp_path, capsys):
    path = tmp_path / "info.txt"
    assert main(["lpa", "info", "--target", "inprocess", "--trace", str(path)]) == 0
    for kind in ("replay", "replay-search"):
        assert main(["lpa", "list", "--target", f"{kind}:{path}"]) == 3
        assert "is not recorded" in capsys.readouterr().err


def test_state_is_what_was_sent_since_the_reset_and_what_changed_the_card():
    state = RecordedState()
    first = state.key
    state.answered(GET_EID, b"\x90\x00")
    assert state.key == first
    state.answered(CHALLENGE, b"\x01\x90\x00")
    assert state.key != first
    state.reset()
    assert state.key == first
    state.answered(SET_ADDRESS, b"\x90\x00")
    state.reset()
    assert state.key != first  # the card keeps its address
    state.open(new=True)
    assert state.key == first
    state.answered(GET_EID, b"\x61\x15")
    assert state.key != first  # its answer is under way


def test_lost_answer_is_lost_again_and_times_are_the_recorded_ones(tmp_path):
    path = tmp_path / "trace.txt"
    path.write_text("ATR 3B 00\n> 00 A4 04 00\n< 90 00 ; 12.50 ms\n> 00 B0 00 00\n! gone\n")
    link = _replay(path).open()
    assert link.reset() == b"\x3b\x00"
    assert link.transmit(b"\x00\xa4\x04\x00") == b"\x90\x00"
    assert link.answer_ms == 12.5
    with pytest.raises(TargetLost, match="line 4 of the recording: the card did not answer"):
        link.transmit(b"\x00\xb0\x00\x00")


def test_recording_is_refused_with_what_to_do(tmp_path, monkeypatch):
    path = tmp_path / "card.rec"
    _recorded(path, ("", *OPENED))
    with pytest.raises(ConfigError, match=r"card\.rec: is there already; name a new file"):
        begin(path, {})
    with pytest.raises(ConfigError, match="no such file; `rsplab record FILE` makes a recording"):
        read_recording(tmp_path / "none.rec")
    (tmp_path / "odd.rec.gz").write_bytes(b"no gzip")
    with pytest.raises(ConfigError, match=r"odd\.rec\.gz: .*a recording or trace is expected"):
        read_recording(tmp_path / "odd.rec.gz")
    (tmp_path / "cut.rec.gz").write_bytes(gzip.compress(path.read_bytes())[:-20])

    def events_of(file):
        return [one for session in read_recording(file).sessions for one in session.events]

    events, left = events_of(path), events_of(tmp_path / "cut.rec.gz")
    assert left == events[: len(left)]  # a run that was killed is replayed as far as it goes
    assert 0 < len(left) < len(events)
    path.write_text(path.read_text().replace('"schema": 1', '"schema": 9'))
    with pytest.raises(ConfigError, match="recording 9, expected 1"):
        _replay(path)
    (tmp_path / "no.rec").write_text("hello\n")
    with pytest.raises(ConfigError, match=r"no\.rec: trace, line 1"):
        read_recording(tmp_path / "no.rec")
    monkeypatch.setattr("rspharness.record.recording.LARGEST", 100)
    with pytest.raises(ConfigError, match="more than 0 MiB"):
        read_recording(path)


def test_recording_of_other_credentials_is_refused(tmp_path):
    path = tmp_path / "card.rec"
    target = InProcessTarget(_target())
    begin(path, {**described(target), "ci": ["00"]}).close()
    with pytest.raises(ConfigError, match="recorded with the CI 00; name the folder of its keys"):
        _replay(path)
