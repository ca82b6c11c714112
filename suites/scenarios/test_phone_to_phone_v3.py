"""Story.PhoneToPhone: I move my line to the new phone, and nobody in a shop has to help."""

from rspcore.errors import RemoteError
from rspharness import testcase
from rspharness.card import expect
from rspharness.lpa.checks import DownloadStoppedError
from rspharness.lpa.newer.next_device import Move
from rspharness.servers import device_change

VERSION = "3.1.0"
SIGNING = "change_signatures_covered"


def movable(story, home, number=1):
    """Returns a line whose Profile moves by asking its SM-DP+."""
    line = story.line(number, home)
    line.profile = device_change.movable(line.profile, device_change.request_to_dp(home.address))
    return line


def loses_nothing(phone, iccid, wish):
    """Requires that a move does not happen and the Profile stays."""
    try:
        phone.move(iccid, wish)
    except (RemoteError, DownloadStoppedError):
        expect.equal(phone.iccids, (iccid,), "Profiles")
        return
    expect.that(holds=False, expected="the Profile not moved", actual="it moved")


@testcase("Story.PhoneToPhone#01")
def test_line_moves_to_the_new_phone(story):
    """The old phone shows a code and loses the line, the new one has it, and it works there."""
    home = story.server(version=VERSION, signing=SIGNING)
    old, new = story.phone, story.other_phone("Q", personality="v3.1")
    line = movable(story, home)
    first = home.order(line.profile)
    old.scan(first.activation_code)
    old.switch_on(line.iccid)
    with story("it asks whether I am sure; not while I am on the phone with it"):
        loses_nothing(old, line.iccid, Move(agrees=lambda: False))
        loses_nothing(old, line.iccid, Move())  # still Enabled
    with story("I switch it off and let it move"):
        old.switch_off(line.iccid)
        moved = old.move(line.iccid)
    expect.equal(old.iccids, (), "Profiles on the old phone")
    expect.equal(first.state, "Unavailable", "old order")
    with story("I scan the code of the old phone with the new one"):
        new.scan(moved.activation_code)
        new.switch_on(line.iccid)
    expect.equal(new.on, (line.iccid,), "Enabled on the new phone")
    line.is_on_in(new.card)
    with story("the code is no use to anybody else"):
        why = old.is_refused(moved.activation_code)
    expect.equal(why, "8.2.6/3.8", "why it is refused")
    story.ends()


@testcase("Story.PhoneToPhone#02")
def test_new_phone_fails_and_the_line_comes_back(story):
    """When the new phone cannot have the line, the old one gets it back."""
    home = story.server(version=VERSION, signing=SIGNING)
    old = story.phone
    line = movable(story, home)
    old.scan(home.order(line.profile).activation_code)
    with story("I let it move"):
        moved = old.move(line.iccid)
    expect.equal(old.iccids, (), "Profiles on the old phone")
    with story("the new phone says that it cannot have it"):
        home.failed_for_good(line.iccid)
    with story("I ask for it back on the old phone"):
        code = old.get_back(moved)
        old.scan(code)
        old.switch_on(line.iccid)
    expect.equal(old.on, (line.iccid,), "Enabled on the old phone")
    line.is_on_in(old.card)
    story.ends()


@testcase("Story.PhoneToPhone#03")
def test_somebody_elses_line(story):
    """Another phone cannot move a line that is not on it, nor can a line without the right."""
    home = story.server(version=VERSION, signing=SIGNING)
    phone = story.phone
    line = story.line(1, home)
    phone.scan(home.order(line.profile).activation_code)
    with story("I try to move a line that my operator does not let go"):
        loses_nothing(phone, line.iccid, Move())
    story.ends()
