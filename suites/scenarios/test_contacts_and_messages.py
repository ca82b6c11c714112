"""Story.ContactsAndMessages: what a user keeps in a Profile goes and comes with it."""

from rspcore.apdu import CommandApdu, Ins
from rspharness import testcase
from rspharness.card import expect
from rspharness.suite import file_access

PHONEBOOK, EF_ADN = "5F3A", "4F58"
CONTACTS = (("Ada", "+4915550001"), ("Bob", "+4915550002"))
ABSOLUTE = 0x04
RECORD = 30


def adn(card):
    """Selects EF_ADN of the phone book of the Enabled Profile; returns the answer."""
    expect.success(file_access.select_application(card), "SELECT USIM")
    expect.success(card.apdu(f"00A4000402{PHONEBOOK}00"), "SELECT DF_PHONEBOOK")
    return card.apdu(f"00A4000402{EF_ADN}00")


def saved(card, content):
    """Writes a contact into the second record."""
    expect.success(adn(card), "SELECT EF_ADN")
    command = CommandApdu(0x00, Ins.UPDATE_RECORD, 2, ABSOLUTE, content)
    expect.success(card.transmit(command), "UPDATE RECORD")


def contacts(card):
    """Returns the records of EF_ADN."""
    expect.success(adn(card), "SELECT EF_ADN")
    return file_access.records(card)


@testcase("Story.ContactsAndMessages#01")
def test_contacts(story):
    """A contact is saved, hidden under the other line, back afterwards, gone after a reload."""
    home = story.server()
    phone = story.phone
    card = phone.card
    mine, other = story.line(1, home, contacts=CONTACTS), story.line(2, home, contacts=CONTACTS[:1])
    for line in (mine, other):
        phone.scan(home.order(line.profile).activation_code)
    phone.switch_on(mine.iccid)
    as_sold = contacts(card)
    carol = b"Carol".ljust(16, b"\xff") + bytes.fromhex("079151550500") + b"\xff" * 8
    with story("I save a contact"):
        phone.listed  # noqa: B018  the guard of a kept card learns from it whose the Profile is
        saved(card, carol)
    with_carol = (as_sold[0], carol)
    expect.equal(contacts(card), with_carol, "contacts")
    with story("I change to the other line"):
        phone.switch_on(other.iccid)
    expect.equal(len(contacts(card)), 1, "contacts there")
    with story("and back"):
        phone.switch_on(mine.iccid)
        card.power_cycle()
    expect.equal(contacts(card), with_carol, "contacts")
    with story("I delete it, and load it again"):
        phone.switch_on(other.iccid)
        phone.delete(mine.iccid)
        phone.scan(home.order(mine.profile).activation_code)
        phone.switch_on(mine.iccid)
    expect.equal(contacts(card), as_sold, "contacts: those of the operator")
    story.ends()


@testcase("Story.ContactsAndMessages#02")
def test_pin(story):
    """A PIN that is on, and its tries, are those of the line, under the other line its own."""
    home = story.server()
    phone = story.phone
    card = phone.card
    lines = story.line(1, home), story.line(2, home)
    for line in lines:
        phone.scan(home.order(line.profile).activation_code)
    phone.switch_on(lines[0].iccid)
    with story("I switch my PIN on, and mistype it once"):
        phone.listed  # noqa: B018  the guard of a kept card learns from it whose the Profile is
        file_access.enable_pin(card)
        phone.listed  # noqa: B018  as above
        expect.success(file_access.select_application(card), "SELECT USIM")
        left = file_access.tries_left(card)
        expect.refused(file_access.verify_pin(card, file_access.WRONG_PIN), about="VERIFY PIN")
    with story("I change to the other line, which asks for none"):
        phone.switch_on(lines[1].iccid)
    lines[1].is_on_in(card)
    with story("and back"):
        phone.switch_on(lines[0].iccid)
    expect.success(file_access.select_application(card), "SELECT USIM")
    expect.equal(file_access.tries_left(card), left - 1, "tries left")
    expect.success(file_access.verify_pin(card, file_access.pin1()), "VERIFY PIN")
    lines[0].is_on_in(card, pin=file_access.pin1())
    story.ends()
