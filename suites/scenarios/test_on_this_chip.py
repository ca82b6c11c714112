"""Story.OnThisChip: support reads what is on a chip, and changes nothing."""

from rspcore.errors import RemoteError
from rspcore.messages.es10a import EuiccConfiguredAddressesRequest
from rspcore.messages.es10b.rules import GetRatRequest
from rspcore.messages.es10c import ProfileState
from rspcore.messages.metadata import PprId
from rspharness import testcase
from rspharness.card import expect
from rspharness.card.free_memory import free_memory
from rspharness.lpa.card_reading import read_card, read_lists
from rspharness.lpa.isdr_channel import IsdrChannel
from rspharness.record.testcase import Level
from rspharness.suite import file_access
from rspharness.targets.guard import GuardedLink

WRONG_TRIES = 3
PLASTIC = "PROFILE_OPERATIONAL2"
NOT_FOUND = "6A82"


def only_reading(link):
    """Returns the link with a guard that lets through what changes nothing."""
    return GuardedLink(link, Level.READ_ONLY, lambda: False)


def everything(card):
    """Reads all that support asks for, as its program does; returns the two readings."""
    link = only_reading(card.link)
    link.reset()
    with IsdrChannel(link, card.options) as channel:
        readings = read_card(channel), read_lists(channel)
    card.reset()
    return readings


def answers_all(card):
    """Asks the card for each thing that is read; what it does not answer blocks the story."""
    card.eid()
    card.ask(EuiccConfiguredAddressesRequest().encode())
    card.ask(GetRatRequest().encode())
    card.profiles()
    card.notifications()
    free_memory(card)


def readable(reading, lists):
    """Requires each part of a reading to be there without a problem."""
    problems = [f"{part.name}: {part.problem}" for part in reading.parts if part.problem]
    expect.equal(problems, [], "parts that cannot be read")
    expect.equal(lists.problems, (), "lists that cannot be read")


@testcase("Story.OnThisChip#01", level="read-only")
def test_support_reads_a_chip(card, story):
    """Support reads all of a chip it does not know, and the chip is as before."""
    answers_all(card)
    before = card.observe()
    with story("I hold my phone to the counter, and they read it"):
        reading, lists = everything(card)
    readable(reading, lists)
    expect.equal(reading.eid.found.values.get("eid_value"), card.eid(), "EID")
    for name in ("svn", "euicc_firmware_ver", "ext_card_resource"):
        expect.that(
            holds=reading.info2.found.values.get(name) is not None,
            expected=f"{name} in EUICCInfo2",
            actual="not there",
        )
    expect.that(
        holds=bool(reading.info1.found.values.get("euicc_ci_pkid_list_for_verification")),
        expected="the keys of CIs in EUICCInfo1",
        actual="none",
    )
    expect.unchanged(before, card.observe())
    story.ends()


@testcase("Story.OnThisChip#02")
def test_support_reads_rules_owner_and_what_waits(story):
    """Support sees the rules and the owner of a Profile, and the Notifications that wait."""
    home = story.server()
    phone = story.phone
    line = story.line(1, home, ppr=frozenset({PprId.ppr2}))
    phone.scan(home.order(line.profile).activation_code)
    phone.switch_on(line.iccid)
    card = phone.card
    before = card.observe()
    with story("what is on my phone?"):
        reading, lists = everything(card)
    readable(reading, lists)
    expect.unchanged(before, card.observe())
    (shown,) = [one.values for one in lists.profiles if one.values.get("iccid") == line.iccid]
    expect.equal(shown.get("profile_state"), ProfileState.enabled, "state")
    expect.equal(shown.get("service_provider_name"), line.parameters.spn, "service provider")
    expect.equal(shown.get("profile_policy_rules"), frozenset({PprId.ppr2}), "rules")
    owner = line.profile.metadata.profile_owner
    expect.equal(shown.get("profile_owner"), owner, "owner")
    waiting = [one.values for one in lists.notifications if one.values.get("iccid") == line.iccid]
    expect.equal([one["notification_address"] for one in waiting], [home.address] * 2, "servers")
    story.ends()


@testcase("Story.OnThisChip#03")
def test_support_reads_a_chip_with_a_blocked_pin(story):
    """A PIN that is blocked hides nothing from support but the files it protects."""
    home = story.server()
    phone = story.phone
    line = story.line(1, home)
    phone.scan(home.order(line.profile).activation_code)
    phone.switch_on(line.iccid)
    card = phone.card
    with story("my child typed the PIN three times"):
        file_access.enable_pin(card)
        phone.listed  # noqa: B018  the guard of a kept card learns from it whose the Profile is
        expect.success(file_access.select_application(card), "SELECT USIM")
        for _ in range(WRONG_TRIES):
            expect.refused(file_access.verify_pin(card, file_access.WRONG_PIN), about="VERIFY PIN")
    with story("they read my phone all the same"):
        reading, lists = everything(card)
    readable(reading, lists)
    expect.equal(file_access.ef_iccid(card), line.iccid, "EF_ICCID, which no PIN protects")
    expect.success(file_access.select_application(card), "SELECT USIM")
    expect.sw(file_access.verify_pin(card), 0x63C0, 0x6983, about="VERIFY PIN, empty body")
    story.ends()


def files_of(card):
    """Returns ICCID and IMSI out of the files of a card, as a program reads them of any SIM."""
    card.reset()
    iccid = file_access.ef_iccid(card)
    expect.success(file_access.select_usim_file(card, file_access.EF_IMSI), "SELECT EF_IMSI")
    imsi = file_access.read(card)
    expect.success(imsi, "READ BINARY EF_IMSI")
    return iccid, imsi.data


def no_euicc(card):
    """Returns why a card cannot be read as an eUICC."""
    link = only_reading(card.link)
    link.reset()
    try:
        with IsdrChannel(link, card.options):
            return "it can"
    except RemoteError as refused:
        return refused.code


@testcase("Story.OnThisChip#04")
def test_plastic_and_back(story):
    """A plastic SIM is no eUICC and shows its files; an eSIM is bought, and left again."""
    home = story.server()
    phone, plastic = story.phone, story.plastic_sim(PLASTIC)
    line = story.line(1, home)
    before = files_of(plastic)
    with story("they hold my old card to the counter: it is no eSIM, and this is on it"):
        why = no_euicc(plastic)
    expect.equal(why, NOT_FOUND, "why it is no eUICC")
    with story("I change to an eSIM"):
        phone.scan(home.order(line.profile).activation_code)
        phone.switch_on(line.iccid)
        reading, lists = everything(phone.card)
    readable(reading, lists)
    line.is_on_in(phone.card)
    expect.equal(files_of(phone.card)[0], line.iccid, "EF_ICCID of the eSIM")
    with story("I do not like it, and take the plastic card again"):
        phone.switch_off(line.iccid)
        phone.delete(line.iccid)
    expect.equal(phone.iccids, (), "Profiles")
    expect.equal(files_of(plastic), before, "ICCID and IMSI of the plastic card")
    story.ends()
