"""The terminal's side of the Bearer Independent Protocol, command by command and with an agent."""

import pytest

from rspcore.errors import RemoteError
from rspcore.ota.http_session import Connection
from rspharness.lpa.bip import BipTerminal, Proactive

ADDRESS = bytes((192, 0, 2, 81))
PARTS = "350103 39020578 3C030201BB 3E0521C0000251"


class Echo:
    """A peer that returns what it was sent, and then nothing."""

    def __init__(self, answer=None):
        self.taken = []
        self.answer = answer

    def exchange(self, octets):
        self.taken.append(octets)
        return octets if self.answer is None else self.answer


class Player:
    """A card that announces proactive commands in order and keeps what the terminal sends."""

    def __init__(self, *commands, sw_of_event=0x9000):
        self.commands = [bytes.fromhex(one) for one in commands]
        self.answers = []
        self.others = []
        self.sw_of_event = sw_of_event

    def announced(self):
        return bytes((0x91, len(self.commands[0]))) if self.commands else b"\x90\x00"

    def transmit(self, command):
        if command[1] == 0x12:
            return self.commands.pop(0) + b"\x90\x00"
        if command[1] == 0x14:
            self.answers.append(command[5:].hex().upper())
            return self.announced()
        self.others.append(command)
        return self.sw_of_event.to_bytes(2, "big") if command[1] == 0xC2 else b"\x90\x00"


def command(kind, objects="", *, qualifier="00", target="82"):
    """Writes a proactive command with command number 1, in hexadecimal."""
    body = bytes.fromhex(f"810301{kind}{qualifier} 820281{target} {objects}")
    size = f"{len(body):02X}" if len(body) < 0x80 else f"81{len(body):02X}"
    return f"D0{size}{body.hex()}"


OPEN = command("40", PARTS, qualifier="01")
EVENTS = command("05", "990109")


def send(octets, qualifier="01", target="21"):
    return command("43", f"B6{len(octets):02X}{octets.hex()}", qualifier=qualifier, target=target)


def receive(count, target="21"):
    return command("42", f"B701{count:02X}", target=target)


@pytest.fixture
def served(scripted):
    """Serves these commands by a terminal; returns it, the card and the results with objects."""

    def serve(*commands, peer=None, network=None, **options):
        player = Player(*commands, **options)
        channel = scripted()
        channel.link = player
        channel.pending_proactive = len(player.commands[0])
        terminal = BipTerminal(channel, network or (lambda _wanted: peer))
        terminal.serve()
        # Details of the command (5 octets) and device identities (4) come first in each.
        return terminal, player, [answer[18:] for answer in player.answers]

    return serve


def test_channel_is_opened_and_closed(served):
    terminal, player, results = served(OPEN, command("41", target="21"), peer=Echo())
    assert results == ["830100" + "B8028100" + "B50103" + "B9020578", "830100"]
    assert player.answers[0].startswith("8103014001" + "82028281")
    assert terminal.opened == [Connection(ADDRESS, 443)]
    assert terminal.done == [Proactive.OPEN_CHANNEL, Proactive.CLOSE_CHANNEL]


def test_large_buffer_is_granted_in_part(served):
    _, _, results = served(command("40", PARTS.replace("0578", "4000")), peer=Echo())
    assert results == ["830107" + "B8028100" + "B50103" + "B90205DC"]


def test_open_channel_without_a_listener_is_refused(served):
    assert served(OPEN, network=lambda _wanted: None)[2] == ["83023A07"]


def test_eighth_channel_is_refused(served):
    results = served(*[OPEN] * 8, peer=Echo())[2]
    assert [one[6:14] for one in results[:7]] == [f"B8028{n}00" for n in range(1, 8)]
    assert results[7] == "83023A01"


@pytest.mark.parametrize("text", ["", "39020578 3C030102BB 3E0521C0000251", "39020578 3C030201BB"])
def test_channel_that_is_not_for_tcp_is_not_understood(served, text):
    assert served(command("40", text), peer=Echo())[2] == ["830132"]


def test_octets_are_sent_immediately_or_with_the_next_command(served):
    peer = Echo(answer=b"")
    results = served(OPEN, send(b"ab", "00"), send(b"cd"), peer=peer)[2]
    assert peer.taken == [b"abcd"]
    assert results[1:] == ["830100B701FF", "830100B701FF"]


def test_free_space_is_reported_and_not_exceeded(served):
    small = command("40", PARTS.replace("0578", "0003"))
    results = served(small, send(b"ab", "00"), send(b"cd", "00"), send(b"c"), peer=Echo(b""))[2]
    assert results[1:] == ["830100B70101", "83023A04", "830100B70103"]


def test_answer_is_taken_in_pieces(served):
    results = served(OPEN, send(b"abcde"), receive(2), receive(3), receive(1), peer=Echo())[2]
    assert results[2:] == ["830100B6026162B70103", "830100B603636465B70100", "830102B600B70100"]


def test_long_answer_fits_the_terminal_response(served):
    _, player, results = served(OPEN, send(b"a"), receive(0xFF), peer=Echo(b"x" * 600))
    assert max(len(answer) // 2 for answer in player.answers) <= 255
    assert results[2].startswith("830100B681ED7878")
    assert results[2].endswith("B701FF")


@pytest.mark.parametrize("one", [send(b"a"), receive(1), command("41", target="21")])
def test_command_for_a_channel_that_is_not_open_is_refused(served, one):
    assert served(one, peer=Echo())[2] == ["83023A03"]


def test_command_for_another_channel_is_refused(served):
    assert served(OPEN, receive(1, target="22"), peer=Echo())[2][1] == "83023A03"


def test_missing_length_is_not_understood(served):
    assert served(OPEN, command("42", target="21"), peer=Echo())[2][1] == "830132"


def test_channel_status_lists_the_open_channels(served):
    status = command("44")
    results = served(status, OPEN, OPEN, status, peer=Echo())[2]
    assert (results[0], results[3]) == ("830100B8020000", "830100B8028100B8028200")


def test_data_are_announced_once_and_only_with_the_event_set_up(served):
    _, player, _ = served(EVENTS, OPEN, send(b"abc"), peer=Echo())
    events = [one for one in player.others if one[1] == 0xC2]
    assert [one.hex().upper() for one in events] == [
        "80C2000010D60E990109" + "82028281" + "B8028100B70103"
    ]
    _, player, _ = served(OPEN, send(b"abc"), peer=Echo())
    assert {one.hex().upper() for one in player.others} == {"80F2000C"}


def test_data_are_announced_again_to_a_busy_card(served):
    _, player, _ = served(EVENTS, OPEN, send(b"abc"), peer=Echo(), sw_of_event=0x9300)
    assert len([one for one in player.others if one[1] == 0xC2]) > 1


def test_other_commands_are_answered(served):
    results = served(
        command("27", "A40101A503000010"),
        command("27", "A40101", qualifier="01"),
        command("03", "84020110"),
        command("02"),
        command("21"),
        peer=Echo(),
    )[2]
    assert results == [
        "830100A40101",
        "830100A40101A503000000",
        "83010084020110",
        "830100",
        "830130",
    ]


def test_card_that_does_not_stop_is_an_error(scripted):
    class Endless(Player):
        def transmit(self, apdu):
            return bytes.fromhex(OPEN) + b"\x90\x00" if apdu[1] == 0x12 else b"\x91\x1c"

    channel = scripted()
    channel.link = Endless()
    channel.pending_proactive = 28
    with pytest.raises(RemoteError, match="not stopped"):
        BipTerminal(channel, lambda _wanted: None).serve()
