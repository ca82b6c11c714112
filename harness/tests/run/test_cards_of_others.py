"""What is somebody else's on a card that is kept stays, however oddly the card lists it."""

import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from rspcore.errors import LocalError
from rspcore.messages.es10b import NotificationSentRequest
from rspcore.messages.metadata import UpdateMetadataRequest
from rspcore.profile_maker import preset
from rspharness.card.card_under_test import Card
from rspharness.card.waiting import waiting_notifications
from rspharness.lpa import local_management
from rspharness.record.timing import Timings
from rspharness.record.trace import Trace
from rspharness.record.verdicts import ExpectationError, NotApplicable
from rspharness.run.journal import journalled_eids
from rspharness.run.run import NoCardError
from rspharness.servers.ota_server import OtaServer
from rspharness.suite import cleanup
from rspharness.targets.transport import LinkWrapper

sys.path.insert(0, str(Path(__file__).parent))
from recovery_cards import ONE, OWNERS, install

pytestmark = pytest.mark.once

LIST, RETRIEVE, SENT = b"\xbf\x28", b"\xbf\x2b", b"\xbf\x30"


class _Odd(LinkWrapper):
    """A card that answers STORE DATA as it is; some answers are changed on their way out.

    Attributes:
        refused: Functions that are answered with 6A80.
        exchanged: Octets of answers and what stands in their place.
    """

    def __init__(self, link, refused=(), exchanged=()):
        super().__init__(link)
        self.refused, self.exchanged = refused, dict(exchanged)
        self.sent = []

    def transmit(self, command):
        if command[1] == 0xE2:
            self.sent.append(command[5:])
            if command[5:7] in self.refused:
                return b"\x6a\x80"
        answer = self._link.transmit(command)
        for octets, other in self.exchanged.items():
            answer = answer.replace(octets, other)
        return answer


def _numbers(link):
    card = Card(link)
    card.reset()
    return sorted(waiting_notifications(card))


def _undecodable(card):
    """Returns a listed Notification of the owner, and one of the same length no decoder takes."""
    one = next(iter(waiting_notifications(card).values()))
    place = one.raw.index(b"\x81\x02")
    return one.raw, one.raw[: place + 2] + b"\x10" + one.raw[place + 3 :]


def _worked_on(make, target):
    """Runs what a case and its clean-up do; returns the run."""
    run = make()
    card = run.open_card(Trace(), Timings())
    install(card, run, ONE, enable=True)
    cleanup.remove_own(run.open_card(Trace(), Timings()), run)
    return run


def test_notification_that_no_decoder_takes_stays(owner, make, target):
    before = _numbers(target.link)
    assert before
    sound = target.link
    target.link = _Odd(sound, exchanged=[_undecodable(owner)])
    run = _worked_on(make, target)
    assert run.aboard.notifications == frozenset(before)
    run.put_back()
    assert _numbers(sound) == before
    assert run.notes[-1].endswith("left: nothing")


def test_notifications_are_retrieved_where_no_list_is_given(owner, make, target):
    before = _numbers(target.link)
    sound = target.link
    target.link = _Odd(sound, refused=(LIST,))
    run = _worked_on(make, target)
    assert run.aboard.notifications == frozenset(before)
    run.put_back()
    assert _numbers(sound) == before


def test_what_is_listed_nowhere_is_not_touched(owner, make, target):
    before = _numbers(target.link)
    sound = target.link
    target.link = _Odd(sound, refused=(LIST, RETRIEVE))
    run = _worked_on(make, target)
    assert not run.aboard.notifications_known
    target.link.refused = ()
    cleanup.remove_own(run.open_card(Trace(), Timings()), run)
    assert set(before) <= set(_numbers(sound))


def test_number_of_no_known_owner_is_not_sent(owner, make, target):
    from rspharness.card.untouched import UntouchedLink  # noqa: PLC0415  the module under test

    target.link = sent = _Odd(target.link, refused=(LIST, RETRIEVE))
    run = make()
    card = run.open_card(Trace(), Timings())
    link = UntouchedLink(card.link, run.aboard)
    with pytest.raises(NotApplicable, match="gave no list"):
        link.transmit(bytes.fromhex("81E2910006BF3003800105"))
    assert not any(one.startswith(SENT) for one in sent.sent)


@pytest.mark.parametrize("value", ["800180", "80020080"], ids=["as negative", "with sign octet"])
def test_number_of_somebody_else_is_not_sent_in_either_form(owner, make, value):
    from rspharness.card.untouched import UntouchedLink  # noqa: PLC0415  the module under test

    run = make()
    card = run.open_card(Trace(), Timings())
    link = UntouchedLink(card.link, replace(run.aboard, notifications=frozenset({128})))
    request = bytes.fromhex(f"BF30{len(value) // 2:02X}{value}")
    with pytest.raises(LocalError, match="not of the suites"):
        link.transmit(bytes.fromhex("81E29100") + bytes((len(request),)) + request)


def _gone(owner):
    card = Card(owner.link)
    card.reset()
    local_management.disable_profile(card, OWNERS.iccid)
    local_management.delete_profile(card, OWNERS.iccid)


def _renamed(owner):
    card = Card(owner.link)
    card.reset()
    local_management.set_nickname(card, OWNERS.iccid, "theirs")


def _sent(owner):
    card = Card(owner.link)
    card.reset()
    first = min(waiting_notifications(card))
    card.send(NotificationSentRequest(seq_number=first))


@pytest.mark.parametrize(
    ("happens", "said"),
    [
        (_gone, "Profile 8988001234567890123, which was there before, is gone"),
        (_renamed, "has the nickname 'theirs', and had 'work'"),
        (_sent, "of the Notifications that waited before, these are gone: "),
    ],
)
def test_case_after_which_something_of_somebody_else_is_otherwise_is_the_cause(
    owner,
    make,
    target,
    happens,
    said,
):
    run = make()
    install(run.open_card(Trace(), Timings()), run, ONE)
    cleanup.remove_own(run.open_card(Trace(), Timings()), run)
    happens(owner)
    with pytest.raises(ExpectationError, match=said):
        cleanup.remove_own(run.open_card(Trace(), Timings()), run)


@pytest.mark.parametrize("address", ["a.test", "testsmdpplus1.example.com", ""])
def test_no_address_of_a_case_outlives_it(owner, make, address):
    run = make()
    card = run.open_card(Trace(), Timings())
    local_management.set_default_address(card, address)
    cleanup.remove_own(run.open_card(Trace(), Timings()), run)
    assert local_management.read_addresses(card).default_dp_address in (None, "")
    run.put_back()
    assert local_management.read_addresses(card).default_dp_address == "operator.test"


def test_address_of_the_owner_stays_where_no_case_changed_it(owner, make):
    run = make()
    card = run.open_card(Trace(), Timings())
    install(card, run, ONE)
    cleanup.remove_own(run.open_card(Trace(), Timings()), run)
    assert local_management.read_addresses(card).default_dp_address == "operator.test"


def test_address_that_was_not_read_before_stays(owner, make):
    run = make()
    card = run.open_card(Trace(), Timings())
    run._custody._keeper._before = replace(run.before, address=None)
    cleanup.remove_own(run.open_card(Trace(), Timings()), run)
    assert local_management.read_addresses(card).default_dp_address == "operator.test"


def test_journal_that_cannot_be_used_ends_the_run_before_its_first_case(owner, make, state_folder):
    killed = make()
    local_management.set_default_address(killed.open_card(Trace(), Timings()), "a.test")
    (file,) = state_folder.glob("*.jsonl")
    file.write_text(file.read_text()[:40])
    with pytest.raises(NoCardError, match=r"the card was not changed: .*damaged"):
        make().open_card(Trace(), Timings())
    assert journalled_eids(state_folder) == (file.stem,)


def test_clock_that_was_ahead_keeps_no_rule_from_being_lifted(make, target, state_folder):
    now = make().options.started
    ahead = make(started=now + timedelta(days=400))
    card = ahead.open_card(Trace(), Timings())
    install(card, ahead, "PROFILE_OPERATIONAL1.1", enable=True)
    card.listed_profiles()
    ota = OtaServer(preset(ONE), counter=next(ahead.rising()))
    assert ota.update_metadata(card, UpdateMetadataRequest(service_provider_name="other")).accepted
    done = make(started=now).recover()  # its Profile has PPR2, which has to be lifted
    assert done.complete, str(done)
    assert journalled_eids(state_folder) == ()
