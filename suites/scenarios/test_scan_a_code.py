"""Story.ScanACode: a code is scanned, and the phone is online."""

from dataclasses import replace

from rspcore.crypto.curves import Curve
from rspcore.errors import DecodeError
from rspcore.messages.es10b import GetEuiccInfo2Request
from rspcore.messages.es10c import ProfileState
from rspharness import testcase
from rspharness.card import expect
from rspharness.lpa.activation_code import ActivationCode
from rspharness.suite.stories import pictures
from rspharness.suite.stories.phone import Person

PREPARED, LOADED, INSTALLED = (3, "Executed-Success"), (4, "Executed-Success"), "Installed"


def free_memory(card):
    """Returns the free non-volatile memory EUICCInfo2 reports, in octets."""
    resource = card.send(GetEuiccInfo2Request()).ext_card_resource
    return int.from_bytes(resource.free_non_volatile_memory, "big")


def as_typed(code):
    """Returns a code as it stands on the letter."""
    return code


def online(story, home, line, other, read=as_typed):
    """Plays the story from the code to the network; requires what is true afterwards."""
    phone, person = story.phone, Person()
    order = home.order(line.profile)
    before = free_memory(phone.card)
    with story("I scan the code, the phone shows who it is from, I agree"):
        phone.scan(read(order.activation_code), person)
    with story("I switch it on"):
        phone.switch_on(line.iccid)
    with story("I am online"):
        line.is_on_in(phone.card)
    other.is_unknown_to(phone.card)
    (offer,) = person.offers
    (listed,) = phone.card.profiles()
    for name in ("service_provider_name", "profile_name", "icon", "profile_class"):
        wanted = getattr(line.profile.metadata, name)
        expect.equal(getattr(offer, name), wanted, f"{name} as offered")
        expect.equal(getattr(listed, name), wanted, f"{name} as listed")
    expect.equal(listed.profile_state, ProfileState.enabled, "state")
    expect.that(
        holds=free_memory(phone.card) < before,
        expected=f"less than {before:,} octets of memory free",
        actual=f"{free_memory(phone.card):,}",
    )
    expect.equal(order.state, INSTALLED, "order")
    expect.equal(order.now.bound_to, phone.eid, "card that the order is bound to")
    expect.equal(order.now.progress[-2:], (PREPARED, LOADED), "points 3 and 4")
    phone.deliver()
    heard = [one.event for one in home.receipts]
    wanted = ["installed", "notificationInstall", "notificationEnable"]
    expect.equal(heard, wanted, "Notifications at the server")
    numbers = [one.seq_number for one in home.receipts]
    expect.equal(numbers, sorted(set(numbers)), "their numbers, ascending")
    story.ends()


@testcase("Story.ScanACode#01")
def test_scan_a_code(story):
    """A code is scanned, the Profile is installed and enabled, and its network knows it."""
    home = story.server()
    online(story, home, story.line(1, home), story.line(2, home))


@testcase("Story.ScanACode#02")
def test_scan_a_code_of_a_brainpool_server(story):
    """A code of a server under the other curve leads online as well."""
    home = story.server(curve=Curve.BRAINPOOL_P256R1)
    online(story, home, story.line(1, home), story.line(2, home))


@testcase("Story.ScanACode#03")
def test_code_names_the_server_by_its_oid(story):
    """A code with the OID of another server stops before the card is shown; the right one works."""
    home, abroad = story.server(), story.server(2)
    phone = story.phone
    line = story.line(1, home)
    order = home.order(line.profile)
    read = ActivationCode.parse(order.activation_code)
    with story("the code on this page is not what it says"):
        reason = phone.is_refused(str(replace(read, smdp_oid=abroad.oid)))
    expect.equal(reason, "undefinedReason(127)", "why the phone stopped")
    expect.equal(story.network.asked, ["initiateAuthentication"], "calls before the phone stopped")
    expect.equal((order.state, phone.iccids), ("Released", ()), "order and card")
    with story("the one in the shop is"):
        phone.scan(str(replace(read, smdp_oid=home.oid)))
    expect.equal(phone.iccids, (line.iccid,), "Profiles")
    story.ends()


@testcase("Story.ScanACode#04")
def test_offer_without_icon_and_owner(story):
    """A Profile without icon and without owner installs and works."""
    home = story.server()
    line = story.line(1, home, icon=None, with_owner=False)
    online(story, home, line, story.line(2, home))


@testcase("Story.ScanACode#05")
def test_code_typed_by_hand(story):
    """A code typed with blanks, small prefix or none works; a wrong one asks no server."""
    home = story.server()
    phone = story.phone
    for number, form in enumerate(("  {} \n", "lpa:{0[4:]}", "{0[4:]}"), 1):
        line = story.line(number, home)
        code = home.order(line.profile).activation_code
        typed = form.replace("{0[4:]}", code[4:]).replace("{}", code)
        with story("I type it off the letter"):
            phone.scan(typed)
        expect.one_of(line.iccid, phone.iccids, "Profile installed")
    story.network.forget()
    code = home.order(story.line(4, home).profile).activation_code
    for wrong in (code.lower(), code.replace("$", " "), f"https://{home.address}/", "", code[:6]):
        with story("I type it wrong"):
            expect.that(
                holds=_not_read(wrong),
                expected="no activation code",
                actual="read as one",
            )
    expect.equal(story.network.asked, [], "calls of a server")
    story.ends()


@testcase("Story.ScanACode#06")
def test_code_out_of_its_picture(story, tmp_path):
    """The code is read out of the picture of its QR code, as it came, turned, and photographed."""
    home = story.server()

    def photographed(code):
        texts = pictures.read_again(code, tmp_path)
        expect.equal(texts, dict.fromkeys(texts, code), "what the pictures say")
        return texts["as it came"]

    online(story, home, story.line(1, home), story.line(2, home), photographed)


def _not_read(text):
    """Returns whether a text is refused as an activation code."""
    try:
        ActivationCode.parse(text)
    except DecodeError:
        return True
    return False
