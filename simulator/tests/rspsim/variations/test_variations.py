"""Every legal variation says why it is legal and changes something; together they are cards."""

import pytest

from rspcore.errors import LocalError
from rspsim.card_presets import preset_named
from rspsim.card_setup import CardRequest, decided, first_state
from rspsim.env import SeededRng
from rspsim.euicc.card import Euicc
from rspsim.euicc.decisions import STANDARD
from rspsim.stores.memory import MemoryStore
from rspsim.variations import VARIATIONS
from rspsim.variations.named_variations import variation_named

SELECT_ISDR = bytes.fromhex("01A4040010A0000005591010FFFFFFFF890000010000")
INFO2 = bytes.fromhex("81E2910003BF220000")


def card_with(*names):
    """Returns a card with variations, its channel 1 open."""
    kind = preset_named("spec").varied(names)
    state = first_state(CardRequest().with_preset(kind))
    card = Euicc(state, MemoryStore(state), SeededRng(b"variations"), decided(kind, ()))
    card.reset()
    card.transmit(bytes.fromhex("0070000100"))
    return card


def answer(card, command):
    """Sends a command and fetches the whole answer."""
    data, sw = b"", card.transmit(command)
    while sw[-2] == 0x61:
        data += sw[:-2]
        sw = card.transmit(bytes((1, 0xC0, 0, 0, sw[-1])))
    return data + sw


def test_there_are_enough_of_each_kind():
    kinds = [one.kind for one in VARIATIONS]
    assert len(VARIATIONS) >= 40
    assert len({one.name for one in VARIATIONS}) == len(VARIATIONS)
    assert {kind: kinds.count(kind) for kind in kinds if kinds.count(kind) < 2} == {}


@pytest.mark.parametrize("one", VARIATIONS, ids=lambda one: one.name)
def test_each_changes_something_and_says_why_it_may(one):
    assert one.legal_by
    assert one.octets
    assert one.summary.endswith(".")
    assert one.swaps
    changed = one.change(STANDARD).swapped
    assert bool(changed) != bool(one.options)


@pytest.mark.parametrize("one", VARIATIONS, ids=lambda one: one.name)
def test_each_makes_a_card_that_tells_what_it_is(one):
    card = card_with(one.name)
    card.transmit(bytes.fromhex("80AA000005A903830107"))
    assert answer(card, SELECT_ISDR).endswith(b"\x90\x00")
    assert answer(card, INFO2).startswith(b"\xbf\x22")


def test_volatile_memory_moves_on_one_card_and_stays_on_the_usual_one():
    for names, same in (((), True), (("memory.volatile-moves",), False)):
        card = card_with(*names)
        answer(card, SELECT_ISDR)
        assert (answer(card, INFO2) == answer(card, INFO2)) is same


def test_two_variations_are_on_one_card():
    card = card_with("channels.parts-of-128", "objects.info2-unknown")
    answer(card, SELECT_ISDR)
    assert card.transmit(INFO2) == bytes.fromhex("6180")
    card.transmit(INFO2)
    assert bytes.fromhex("900101B403040100") in answer(card, INFO2)


def test_variations_of_one_kind_of_card_go_together():
    usual, newer, ports = (
        variation_named(name)
        for name in ("lists.isdp-from-1200", "newer.alerts", "ports.full-replaces")
    )
    assert not usual.goes_with(newer)
    assert not newer.goes_with(ports)
    assert newer.goes_with(variation_named("newer.cis-have-names"))
    assert not newer.goes_with(newer)


def test_card_with_a_variation_of_ports_has_ports():
    kind = preset_named("spec").varied(["ports.full-replaces"])
    state = first_state(CardRequest().with_preset(kind))
    assert state.personality.name == "v3.1"
    assert state.personality.mep_modes == (1, 2, 3)
    own = first_state(CardRequest(claims={"mep": "B"}).with_preset(kind))
    assert own.personality.mep_modes == (3,)


def test_unknown_name_is_refused_with_those_that_exist():
    with pytest.raises(LocalError, match=r"variation 'lists.none': expected one of memory\."):
        variation_named("lists.none")
