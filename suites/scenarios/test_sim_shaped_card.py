"""Story.SimShapedCard: the card is pulled out, and put in somewhere else."""

from dataclasses import replace

from rspharness import testcase
from rspharness.card import expect
from rspharness.card.atr import Atr
from rspharness.record.verdicts import NotApplicable
from rspharness.targets.transport import ProtocolLink

BLOCK_SIZES = (6, 17, 64, 128, 254, 255)
MOST_COMMANDS = 40


def loaded(story, phone):
    """Returns the server and two lines on a phone, the first one on, Notifications waiting."""
    home = story.server()
    lines = story.line(1, home), story.line(2, home)
    for line in lines:
        phone.scan(home.order(line.profile).activation_code, deliver=False)
    phone.switch_on(lines[0].iccid)
    return home, lines


@testcase("Story.SimShapedCard#01")
def test_pulled_out_and_put_in(story):
    """In another reader, with toolkit or without, the card lists and counts the same."""
    phone = story.phone
    _, lines = loaded(story, phone)
    card = phone.card
    before = card.observe()
    waiting = [one.metadata.seq_number for one in phone.waiting]
    for terminal in (None, card.terminal_profile):
        with story("I put it into another phone"):
            card.terminal_profile = terminal
            card.power_cycle()
        expect.unchanged(before, card.observe())
        expect.equal(str(card.eid()), phone.eid, "EID")
    with story("there I go on"):
        phone.switch_on(lines[1].iccid)
    lines[1].is_on_in(card)
    numbers = [one.metadata.seq_number for one in phone.waiting]
    expect.equal(numbers[:-2], waiting, "numbers that wait: those of before, and two more")
    expect.equal(numbers, sorted(set(numbers)), "numbers that wait, ascending")
    story.ends()


@testcase("Story.SimShapedCard#02")
def test_reader_of_another_protocol(story, note):
    """In each protocol its ATR offers the card lists and counts the same."""
    phone = story.phone
    card = phone.card
    if not isinstance(card.link, ProtocolLink):
        raise NotApplicable("the protocol of this target is not under control")
    _, lines = loaded(story, phone)
    before = card.observe()
    offered = Atr.parse(card.known_atr).protocols
    note(f"protocols on offer: {', '.join(f'T={protocol}' for protocol in offered)}")
    for protocol in (*offered, offered[0]):
        with story("my old reader"):
            card.restart(protocol)
        expect.unchanged(before, card.observe())
        lines[0].is_on_in(card)
    story.ends()


@testcase("Story.SimShapedCard#03")
def test_blocks_of_every_size(story):
    """A reader that passes small blocks reads the same, and loads a Profile."""
    phone = story.phone
    home, lines = loaded(story, phone)
    card = phone.card
    before = card.observe()
    usual = card.options
    for size in BLOCK_SIZES:
        with story("this reader takes little at a time"):
            card.options = replace(usual, block_size=size)
            expect.unchanged(before, card.observe())
    card.options = replace(usual, block_size=BLOCK_SIZES[1])
    third = story.line(3, home)
    with story("I load one more there"):
        phone.scan(home.order(third.profile).activation_code)
    card.options = usual
    phone.switch_on(third.iccid)
    third.is_on_in(card)
    phone.delete(lines[0].iccid)
    story.ends()


@testcase("Story.SimShapedCard#04")
def test_card_of_another_maker(story):
    """A card whose ISD-R has an AID of its maker is found, and used as every other."""
    phone = story.other_phone("Q", "vendor-aid")
    _, lines = loaded(story, phone)
    with story("I switch it"):
        phone.switch_on(lines[1].iccid)
    lines[1].is_on_in(phone.card)
    story.ends()


@testcase.each(
    "act",
    {
        "Story.SimShapedCard#05": "enable",
        "Story.SimShapedCard#06": "delete",
    },
)
def test_pulled_out_at_each_command(story, act):
    """Pulled out at each command of a switch or deletion: it is done or not, never half."""
    phone = story.phone
    home, lines = loaded(story, phone)
    card = phone.card
    for commands in range(1, MOST_COMMANDS):
        done = []
        with story("I pull it out"), card.power_lost_after(commands):
            if act == "enable":
                phone.switch_on(lines[1].iccid)
            else:
                phone.delete(lines[1].iccid)
            done.append(commands)
        there = lines[1].iccid in phone.iccids
        on = phone.on
        expect.one_of(on, ((lines[0].iccid,), (lines[1].iccid,)), "Profile Enabled")
        line = lines[0] if on == (lines[0].iccid,) else lines[1]
        line.is_on_in(card)
        with story("and back as it was"):
            if not there:
                phone.scan(home.order(lines[1].profile).activation_code)
            if line is lines[1]:
                phone.switch_on(lines[0].iccid)
            phone.deliver()
        if done:
            break
    else:
        expect.equal(MOST_COMMANDS, "fewer", "commands")
    story.ends(unreported=("DUPLICATE",))
