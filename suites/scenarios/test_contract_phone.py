"""Story.ContractPhone: the shop locks the phone to the contract, and the contract ends."""

from rspcore.messages.es10c import (
    DeleteProfileRequest,
    DeleteResult,
    DisableProfileRequest,
    DisableResult,
    EnableProfileRequest,
    EnableResult,
    ProfileIdentifier,
)
from rspcore.messages.metadata import PprId, UpdateMetadataRequest
from rspharness import testcase
from rspharness.card import expect
from rspharness.servers.ota_server import OtaServer
from rspharness.suite import file_access

PPR1 = frozenset({PprId.ppr1})
NOT_ALLOWED = ("8.2.5/4.3", "pprNotAllowed(3)", "pprNotAllowed(15)")
GID1, GID2 = b"\x4b\x01", b"\x4b\x02"
EF_GID1, EF_GID2, EF_SPN = 0x6F3E, 0x6F3F, 0x6F46


def disable(card, line):
    """Sends DisableProfile by ICCID and returns the response."""
    wanted = ProfileIdentifier(iccid=line.iccid)
    return card.send(DisableProfileRequest(profile_identifier=wanted, refresh_flag=False))


def enable(card, line):
    """Sends EnableProfile by ICCID and returns the response."""
    wanted = ProfileIdentifier(iccid=line.iccid)
    return card.send(EnableProfileRequest(profile_identifier=wanted, refresh_flag=False))


@testcase("Story.ContractPhone#01")
def test_contract_and_its_end(story, given, rising):
    """While the contract runs the line cannot be left; the operator ends it, and it can."""
    given.rules_allowed(PPR1)
    home, other = story.server(), story.server(2)
    phone = story.phone
    card = phone.card
    contract, own = story.line(1, home, ppr=PPR1), story.line(2, other)
    phone.scan(home.order(contract.profile).activation_code)
    phone.switch_on(contract.iccid)
    phone.scan(other.order(own.profile).activation_code)
    for _ in range(2):
        with story("I try to get away from it"):
            expect.error(disable(card, contract), DisableResult.disallowedByPolicy)
            expect.error(enable(card, own), EnableResult.disallowedByPolicy)
        expect.equal(phone.on, (contract.iccid,), "Profile Enabled")
        contract.is_on_in(card)
        with story("the battery out, and in"):
            card.power_cycle()
    with story("the contract ends, the operator unlocks it"):
        phone.listed  # noqa: B018  the guard of a kept card learns from it whose the Profile is
        ota = OtaServer(contract.parameters, counter=next(rising))
        receipt = ota.update_metadata(card, UpdateMetadataRequest(profile_policy_rules=frozenset()))
        expect.that(holds=receipt.accepted, expected="accepted", actual=receipt.describe())
    with story("now I may"):
        phone.switch_on(own.iccid)
    own.is_on_in(card)
    phone.delete(contract.iccid)
    expect.equal(phone.iccids, (own.iccid,), "Profiles")
    story.ends()


@testcase.each(
    "rat, ppr, allowed",
    {
        "Story.ContractPhone#02": ("any-operator", PprId.ppr1, True),
        "Story.ContractPhone#03": ("empty", PprId.ppr1, False),
        "Story.ContractPhone#04": ("ppr1-only", PprId.ppr2, False),
        "Story.ContractPhone#05": ("one-operator", PprId.ppr1, True),
        "Story.ContractPhone#06": ("one-gid", PprId.ppr1, False),
    },
)
def test_what_the_table_of_the_phone_allows(story, rat, ppr, allowed):
    """A rule that the table of the phone allows is installed, every other one refused."""
    home = story.server()
    phone = story.other_phone("Q", rat=rat)
    line = story.line(1, home, ppr=frozenset({ppr}))
    order = home.order(line.profile)
    before = phone.card.observe()
    person = story.person()
    with story("the shop sells me a contract"):
        if allowed:
            phone.scan(order.activation_code, person)
        else:
            why = phone.is_refused(order.activation_code, person)
    if allowed:
        (listed,) = phone.card.profiles()
        expect.equal(listed.profile_policy_rules, frozenset({ppr}), "rules")
        expect.equal(person.strong, [True], "strong consent, which the rule of the table asks for")
    else:
        expect.one_of(why, NOT_ALLOWED, "why not")
        expect.unchanged(before, phone.card.observe())
        expect.equal(phone.iccids, (), "Profiles")
    story.ends()


@testcase("Story.ContractPhone#07")
def test_second_line_beside_a_contract(story):
    """A contract that may not be left is not sold to a phone that has a line."""
    home = story.server()
    phone = story.other_phone("Q")
    first, contract = story.line(1, home), story.line(2, home, ppr=PPR1)
    phone.scan(home.order(first.profile).activation_code)
    with story("and a contract beside it"):
        why = phone.is_refused(home.order(contract.profile).activation_code)
    expect.one_of(why, NOT_ALLOWED, "why not")
    expect.equal(phone.iccids, (first.iccid,), "Profiles")
    story.ends()


@testcase("Story.ContractPhone#08")
def test_what_a_network_lock_reads(story):
    """What the lock of a device reads of the Enabled Profile is as the operator made it."""
    home = story.server()
    phone = story.phone
    card = phone.card
    line = story.line(1, home, gid1=GID1, gid2=GID2)
    phone.scan(home.order(line.profile).activation_code)
    with story("the phone asks whose line it is"):
        phone.switch_on(line.iccid)
    line.is_on_in(card)
    for name, identifier, wanted in (("EF_GID1", EF_GID1, GID1), ("EF_GID2", EF_GID2, GID2)):
        expect.success(file_access.select_usim_file(card, identifier), f"SELECT {name}")
        expect.equal(file_access.read(card).data[: len(wanted)], wanted, name)
    expect.success(file_access.select_usim_file(card, EF_SPN), "SELECT EF_SPN")
    shown = file_access.read(card).data[1:].rstrip(b"\xff").decode("ascii")
    expect.equal(shown, line.parameters.spn[:16], "EF_SPN")
    story.ends()


@testcase("Story.ContractPhone#09")
def test_contract_is_not_deleted(story, given, rising):
    """A Profile that may not be deleted stays, over a restart, until its operator says so."""
    rules = frozenset({PprId.ppr2})
    given.rules_allowed(rules)
    home = story.server()
    phone = story.phone
    card = phone.card
    line = story.line(1, home, ppr=rules)
    phone.scan(home.order(line.profile).activation_code)
    for _ in range(2):
        with story("I delete it"):
            response = card.send(DeleteProfileRequest(iccid=line.iccid))
        expect.error(response, DeleteResult.disallowedByPolicy)
        card.power_cycle()
    phone.switch_on(line.iccid)
    with story("the operator says I may"):
        phone.listed  # noqa: B018  the guard of a kept card learns from it whose the Profile is
        ota = OtaServer(line.parameters, counter=next(rising))
        receipt = ota.update_metadata(card, UpdateMetadataRequest(profile_policy_rules=frozenset()))
        expect.that(holds=receipt.accepted, expected="accepted", actual=receipt.describe())
    phone.switch_off(line.iccid)
    phone.delete(line.iccid)
    expect.equal(phone.iccids, (), "Profiles")
    story.ends()
