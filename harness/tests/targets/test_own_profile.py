import pytest

from rspcore.errors import LocalError
from rspcore.ids import Iccid
from rspcore.tlv import encode
from rspharness.record.verdicts import TargetLost
from rspharness.targets.own_profile import OwnProfile, WatchedLink, is_of_suites

OWN, SECOND = "8929901012345678905", "8929901012345678913"
FOREIGN = "8944500102198304826"
LIST = "81E2910003BF2D00"
OF_ONE_CLASS = "81E2910008BF2D05A003950102"
ENABLE = "81E2910014BF3111A00C5A0A98920901214365870950810100"


def profile(iccid, state=None):
    parts = [encode(0x5A, Iccid.from_digits(iccid).octets)] if iccid else []
    parts += [] if state is None else [encode(0x9F70, bytes((state,)))]
    return encode(0xE3, *parts)


def listing(*profiles):
    return encode(0xBF2D, encode(0xA0, *profiles)) + b"\x90\x00"


class Answers:
    """A card that gives the answers of a list, then 9000."""

    def __init__(self, *answers):
        self.answers = list(answers)

    def transmit(self, _command):
        answer = self.answers.pop(0) if self.answers else b"\x90\x00"
        if isinstance(answer, Exception):
            raise answer
        return answer

    def reset(self):
        return b"\x3b\x00"

    def close(self):
        pass


def watched(*answers):
    own = OwnProfile(is_of_suites)
    return own, WatchedLink(Answers(*answers), own)


def send(link, *commands):
    for command in commands:
        link.transmit(bytes.fromhex(command))


@pytest.mark.parametrize(
    ("profiles", "expected"),
    [
        ([(OWN, 1)], True),
        ([(OWN, 1), (FOREIGN, 0)], True),
        ([(OWN, 0)], False),
        ([(FOREIGN, 1)], False),
        ([(OWN, 0), (FOREIGN, 1)], False),
        ([(OWN, 1), (FOREIGN, 1)], False),
        ([("", 1)], False),
        ([(OWN, None)], False),
        ([], False),
    ],
)
def test_only_a_list_with_an_own_profile_enabled_says_so(profiles, expected):
    own, link = watched(listing(*(profile(*one) for one in profiles)))
    assert not own.is_enabled()
    send(link, LIST)
    assert own.is_enabled() is expected


def test_list_in_parts_is_put_together():
    answer = listing(profile(OWN, 1))
    own, link = watched(answer[:9] + b"\x61\x10", answer[9:12] + b"\x61\x05", answer[12:])
    send(link, LIST, "01C0000010", "01C0000005")
    assert own.is_enabled()


def test_part_of_a_list_says_nothing():
    answer = listing(profile(OWN, 1))
    own, link = watched(answer[:9] + b"\x61\x10", b"\x90\x00", answer[9:])
    send(link, LIST, "01A40000023F00", "01C0000010")
    assert not own.is_enabled()
    own, link = watched(answer[:9] + b"\x61\x10", answer[9:])
    send(link, LIST)
    link.reset()
    send(link, "01C0000010")
    assert not own.is_enabled()


@pytest.mark.parametrize("answer", [b"\x90", b"\x6a\x88", b"\xbf\x2d\x05\x90\x00", b"\x90\x00"])
def test_answer_that_is_no_list_says_nothing_good(answer):
    own, link = watched(answer)
    send(link, LIST)
    assert not own.is_enabled()


def test_list_that_cannot_be_read_forgets():
    own, link = watched(listing(profile(OWN, 1)), b"\xbf\x2d\x05\x90\x00")
    send(link, LIST)
    assert own.is_enabled()
    send(link, LIST)
    assert not own.is_enabled()


def test_list_without_states_changes_nothing():
    own, link = watched(listing(profile(OWN, 1)), listing(profile(OWN)))
    send(link, LIST, OF_ONE_CLASS)
    assert own.is_enabled()


@pytest.mark.parametrize(
    "switch", ["BF3100", "BF3200", "BF3300", "BF3400", "BF", ""], ids=lambda text: text or "none"
)
def test_switch_is_forgotten_where_other_profiles_are(switch):
    own, link = watched(listing(profile(OWN, 1), profile(FOREIGN, 0)))
    send(link, LIST, f"81E29100{len(switch) // 2:02X}{switch}" if switch else "81E29100")
    assert not own.is_enabled()


def test_after_enable_only_a_suites_profile_can_be_enabled_where_no_other_is():
    own, link = watched(listing(profile(OWN, 0), profile(SECOND, 0)))
    send(link, LIST)
    assert not own.is_enabled()
    send(link, ENABLE)
    assert own.is_enabled()
    link.reset()
    assert own.is_enabled()
    send(link, "81E2910003BF3200")
    assert not own.is_enabled()


def test_list_of_some_profiles_does_not_show_that_there_is_no_other():
    own, link = watched(listing(profile(OWN, 1)))
    send(link, OF_ONE_CLASS)
    assert own.is_enabled()
    send(link, ENABLE)
    assert not own.is_enabled()


def test_list_between_a_switch_and_its_reset_is_of_before():
    before = listing(profile(OWN, 1), profile(FOREIGN, 0))
    own, link = watched(before, b"\x90\x00", before)
    send(link, LIST, ENABLE, LIST)
    assert own.is_enabled()
    link.reset()
    assert not own.is_enabled()


@pytest.mark.parametrize("ends", ["reset", "power_cycle", "restart"])
def test_enabled_profile_outlives_a_reset(ends):
    own, link = watched(listing(profile(OWN, 1), profile(FOREIGN, 0)))
    link._link.restart = lambda _: b"\x3b\x00"
    send(link, LIST)
    getattr(link, ends)(*((0,) if ends == "restart" else ()))
    assert own.is_enabled()


def test_lost_card_may_be_another_one():
    own, link = watched(listing(profile(OWN, 1)), TargetLost("pulled"))
    send(link, LIST)
    with pytest.raises(TargetLost):
        send(link, "81E2910003BF3E00")
    assert not own.is_enabled()
    send(link, ENABLE)
    assert not own.is_enabled()


def test_what_is_shorter_than_a_header_is_not_sent():
    _, link = watched()
    with pytest.raises(LocalError, match="not sent"):
        send(link, "80E2")
