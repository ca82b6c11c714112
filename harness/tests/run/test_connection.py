"""Opens the card a command line names: the check for real readers, the trace."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from rspcore.errors import ConfigError, LocalError
from rspcore.ids import Eid
from rspharness.record.trace import ReplayLink
from rspharness.record.verdicts import TargetLost
from rspharness.run import connection
from rspharness.run.connection import CardChoice, connected
from rspharness.targets import reader

EID = Eid.from_digits("89049032123451234512345678901235")
OTHER = Eid.from_first_digits("890490321234512345123456789099")


class FakeTarget:
    """A target with one fake card."""

    def __init__(self, link, name, *, simulated):
        self.link, self.name, self.simulated = link, name, simulated
        self.closed = False

    def open(self):
        return self.link

    def facts(self):
        return {"reader": self.name}

    def close(self):
        self.closed = True


@pytest.fixture
def target(monkeypatch, tlv_card) -> Callable[..., FakeTarget]:
    def make(name="ACS ACR39U 00", *, simulated=False):
        card, _ = tlv_card({0xBF3E: bytes.fromhex("BF3E125A10") + EID.octets})
        card.seen.clear()
        made = FakeTarget(card, name, simulated=simulated)
        made.asked, made.looked = [], []

        def open_target(kind, reader, _options, opens=None):
            made.asked.append((getattr(opens, "__name__", kind).strip("_"), reader))
            return made

        monkeypatch.setattr(connection, "open_target", open_target)
        monkeypatch.setattr(connection, "find_reader", lambda one: made.looked.append(one) or name)
        return made

    return make


def test_reading_needs_no_eid(target):
    made = target()
    with connected(CardChoice(target="pcsc"), changing=False) as channel:
        assert channel.number == 1
    assert made.closed
    assert made.link.resets == 1


def test_change_in_a_real_reader_needs_the_eid_and_sends_nothing(target):
    made = target()
    with (
        pytest.raises(LocalError, match=r"--eid.*Nothing was sent"),
        connected(CardChoice(target="pcsc"), changing=True),
    ):
        pass
    assert (made.link.resets, made.link.other, made.link.seen) == (0, [], [])
    assert made.closed


@pytest.mark.parametrize("changing", [True, False])
def test_card_with_another_eid_gets_no_further_command(target, changing):
    made = target()
    with (
        pytest.raises(ConfigError, match=f"EID {EID} found, --eid asked for {OTHER}"),
        connected(CardChoice(target="pcsc", eid=OTHER), changing=changing),
    ):
        pass
    assert made.link.tags() == ["BF3E"]
    assert len(made.link.other) == 2  # TERMINAL CAPABILITY and SELECT
    assert made.closed


def test_change_with_the_right_eid_is_allowed(target):
    target()
    with connected(CardChoice(target="pcsc", eid=EID), changing=True) as channel:
        assert channel.number == 1


@pytest.mark.parametrize(
    ("choice", "name", "simulated"),
    [
        (CardChoice(target="inprocess"), "inprocess", True),
        (CardChoice(target="vpcd"), "Virtual PCD 00 00", False),
        (CardChoice(target="pcsc", reader="Virtual"), "Virtual PCD 00 01", False),
    ],
)
def test_simulated_card_can_be_changed_freely(target, choice, name, simulated):
    target(name, simulated=simulated)
    with connected(choice, changing=True) as channel:
        assert channel.number == 1


def test_real_reader_named_for_the_virtual_target_still_needs_the_eid(target):
    target("ACS ACR39U 00")
    with (
        pytest.raises(LocalError, match="--eid"),
        connected(CardChoice(target="vpcd", reader="ACS"), changing=True),
    ):
        pass


def test_virtual_target_is_opened_as_a_reader(target):
    made = target("Virtual PCD 00 00")
    with connected(CardChoice(target="vpcd"), changing=False):
        pass
    assert made.asked == [("pcsc", "Virtual PCD 00 00")]


@pytest.fixture
def readers(monkeypatch) -> Callable[..., None]:
    """Returns a function that sets the readers there are, and which of them have a card."""

    def make(**occupied):
        class Link:
            def __init__(self, name):
                if not occupied[name]:
                    raise TargetLost("no card")

            def close(self):
                pass

        monkeypatch.setattr(reader, "reader_names", lambda: tuple(occupied))
        monkeypatch.setattr(reader, "ReaderLink", Link)

    return make


@pytest.mark.parametrize(
    ("occupied", "beginning", "chosen"),
    [
        ({"A 0": False, "A 1": True}, "A", "A 1"),
        ({"A 0": True, "A 1": True}, "A 0", "A 0"),
        ({"A": True, "A 1": True}, "A", "A"),
        ({"A 0": False, "B 0": True}, "A", "A 0"),
        ({"A 0": False, "B 0": True}, "", "B 0"),
        ({"B 0": True}, "", "B 0"),
    ],
)
def test_reader_is_the_only_one_or_the_only_one_with_a_card(readers, occupied, beginning, chosen):
    readers(**occupied)
    assert reader.find_reader(beginning) == chosen


@pytest.mark.parametrize(
    ("occupied", "beginning", "match"),
    [
        ({"A 0": True, "A 1": True}, "A", '"A 0", "A 1": more than one has a card'),
        ({"A 0": False, "A 1": False}, "A", '"A 0", "A 1": none of them has a card'),
        ({"A 0": True}, "B", r'no reader is called "B\.\.\."; .* --reader: "A 0"'),
        ({}, "", "there is no reader; connect one"),
    ],
)
def test_reader_that_cannot_be_chosen_is_a_configuration_error(readers, occupied, beginning, match):
    readers(**occupied)
    with pytest.raises(ConfigError, match=match):
        reader.find_reader(beginning)


def test_trace_is_written_and_can_be_replayed(target, tmp_path):
    target()
    file = tmp_path / "trace.txt"
    with connected(CardChoice(target="pcsc", eid=EID, trace=file), changing=False):
        pass
    link = ReplayLink.load(file)
    assert link.reset() == bytes.fromhex("3B00")
    assert link.transmit(bytes.fromhex("80AA000005A903830107")) == b"\x90\x00"


def test_trace_is_written_although_the_command_failed(target, tmp_path):
    target()
    file = tmp_path / "trace.txt"
    choice = CardChoice(target="pcsc", eid=OTHER, trace=file)
    with pytest.raises(ConfigError), connected(choice, changing=False):
        pass
    assert "BF 3E" in file.read_text()


def test_trace_that_cannot_be_written_is_a_configuration_error(target, tmp_path):
    target()
    choice = CardChoice(target="pcsc", trace=tmp_path / "none" / "trace.txt")
    with pytest.raises(ConfigError, match="trace file"), connected(choice, changing=False):
        pass


def test_channel_is_closed_after_an_error_in_the_caller(target):
    made = target()
    with (
        pytest.raises(KeyError),
        connected(CardChoice(target="pcsc"), changing=False) as channel,
    ):
        raise KeyError
    assert channel.number is None
    assert made.closed


def test_missing_folder_of_credentials_is_reported(target, tmp_path, monkeypatch):
    target()

    def open_target(_kind, _reader, options):
        return options(None)

    monkeypatch.setattr(connection, "open_target", open_target)
    choice = replace(CardChoice(), pki=tmp_path / "none")
    with pytest.raises(LocalError, match="no such folder"), connected(choice, changing=False):
        pass


@pytest.mark.parametrize(
    ("kind", "reader", "named", "looked"),
    [
        ("pcsc", "ACS", "", "ACS"),
        ("pcsc", "ACS", "OMNI", "OMNI"),
        ("vpcd", "", "", "Virtual PCD"),
        ("pcsc", "", "", ""),
    ],
)
def test_target_file_names_the_reader(target, tmp_path, kind, reader, named, looked):
    made = target()
    file = tmp_path / "card.toml"
    file.write_text(f'kind = "{kind}"\nreader = "{reader}"\n')
    with connected(CardChoice(target=str(file), reader=named, eid=EID), changing=False):
        pass
    assert (made.asked, made.looked) == ([("pcsc", made.name)], [looked])


def test_kept_card_is_reached_where_it_is_served(target, tmp_path):
    made = target()
    file = tmp_path / "card.toml"
    file.write_text('kind = "kept"\n')
    with (
        pytest.raises(LocalError, match=r"card serve --state FILE.*--target vpcd"),
        connected(CardChoice(target=str(file)), changing=False),
    ):
        pass
    assert made.asked == []
