"""Story.LostOrSold: the phone is in other hands."""

from rspcore.messages.es10c import (
    DeleteProfileRequest,
    DeleteResult,
    DisableProfileRequest,
    DisableResult,
    EnableProfileRequest,
    EnableResult,
    EuiccMemoryResetRequest,
    ProfileIdentifier,
    ResetOption,
)
from rspcore.messages.metadata import PprId
from rspharness import testcase
from rspharness.card import expect
from rspharness.lpa import local_management

EVERYTHING = frozenset(ResetOption)


@testcase("Story.LostOrSold#01", level="destructive")
def test_thief(story, given):
    """A thief can neither leave nor delete the line; a reset removes it, and the operator hears."""
    rules = frozenset({PprId.ppr1, PprId.ppr2})
    given.rules_allowed(rules)
    home = story.server()
    phone = story.phone
    card = phone.card
    mine, other = story.line(1, home, ppr=rules), story.line(2, home)
    first = home.order(mine.profile)
    phone.scan(first.activation_code)
    phone.switch_on(mine.iccid)
    phone.scan(home.order(other.profile).activation_code)
    for _ in range(2):
        with story("he switches it off, another one on, deletes it"):
            off = card.send(
                DisableProfileRequest(profile_identifier=_named(mine), refresh_flag=False)
            )
            on = card.send(
                EnableProfileRequest(profile_identifier=_named(other), refresh_flag=False)
            )
            gone = card.send(DeleteProfileRequest(iccid=mine.iccid))
        expect.error(off, DisableResult.disallowedByPolicy)
        expect.error(on, EnableResult.disallowedByPolicy)
        expect.error(gone, DeleteResult.profileNotInDisabledState)
        expect.equal(phone.on, (mine.iccid,), "Profile Enabled")
        mine.is_on_in(card)
        with story("he pulls the battery"):
            card.power_cycle()
    with story("he resets it, which no rule forbids"):
        local_management.memory_reset(card, EVERYTHING)
    expect.equal(phone.iccids, (), "Profiles")
    phone.deliver()
    expect.equal(first.state, "Unavailable", "order")
    with story("I get my number back, on this phone that was found"):
        second = home.order(mine.profile)
        phone.scan(second.activation_code)
    expect.equal(second.state, "Installed", "order")
    story.ends()


def _named(line):
    return ProfileIdentifier(iccid=line.iccid)


@testcase("Story.LostOrSold#02", level="destructive")
def test_sold(story, note):
    """A reset for the buyer leaves no Profile; EID and numbers go on, and what waits is named."""
    home = story.server()
    phone = story.phone
    card = phone.card
    mine, buyers = story.line(1, home), story.line(2, home)
    phone.scan(home.order(mine.profile).activation_code)
    phone.switch_on(mine.iccid)
    local_management.set_default_address(card, home.address)
    with story("I sell it"):
        local_management.memory_reset(card, EVERYTHING)
    expect.equal(phone.iccids, (), "Profiles")
    address = local_management.read_addresses(card).default_dp_address or ""
    expect.that(holds=address != home.address, expected="not mine", actual=address)
    expect.equal(str(card.eid()), phone.eid, "EID")
    left = phone.waiting
    note(f"{len(left)} Notifications of the seller wait, with his ICCID, until they are delivered")
    expect.equal({one.metadata.iccid for one in left}, {mine.iccid}, "whose Notifications wait")
    with story("the buyer sets it up"):
        phone.scan(home.order(buyers.profile).activation_code)
        phone.switch_on(buyers.iccid)
    buyers.is_on_in(card)
    numbers = [one.seq_number for one in home.receipts]
    expect.equal(numbers, sorted(numbers), "numbers at the server: the seller's first")
    first = home.orders[0]
    expect.equal(first.state, "Unavailable", "order of the seller")
    story.ends()


@testcase("Story.LostOrSold#03", level="destructive")
def test_reset_of_nothing_but_the_address(story):
    """A reset of the address alone leaves the Profiles and what they can do."""
    home = story.server()
    phone = story.phone
    line = story.line(1, home)
    phone.scan(home.order(line.profile).activation_code)
    phone.switch_on(line.iccid)
    local_management.set_default_address(phone.card, home.address)
    with story("the shop that sold it shall be forgotten"):
        only = frozenset({ResetOption.resetDefaultSmdpAddress})
        expect.ok(phone.card.send(EuiccMemoryResetRequest(reset_options=only)))
    address = local_management.read_addresses(phone.card).default_dp_address or ""
    expect.that(holds=address != home.address, expected="another one, or none", actual=address)
    expect.equal(phone.on, (line.iccid,), "Profile Enabled")
    line.is_on_in(phone.card)
    story.ends()
