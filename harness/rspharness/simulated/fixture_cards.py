"""Simulated cards for tests of other software: the fixtures `simulated_card` and `card_in_reader`.

    def test_my_lpa(card_in_reader):
        reader = card_in_reader("busy-toolkit", profiles=["PROFILE_OPERATIONAL1"])
        assert my_lpa("--reader", reader, "enable", ...) == 0

A test of an LPA's own protocol stack uses the card directly: `simulated_card("insecure-card")` is
an `Euicc`, with `transmit(command) -> response`, `reset() -> ATR` and `state`. Both take a preset,
faults, options, a personality, memory, RAT, addresses and Profiles, one of them Enabled; keys and
certificates are for tests only. Every card of a fixture has an EID and keys of its own, the same in
each run.
"""

from collections.abc import Sequence
from contextlib import ExitStack
from functools import partial
from itertools import count
from typing import Final, TypedDict, Unpack

from rspcore.ids import Eid
from rspcore.pki.bundle import Pki
from rspcore.pki.generate import REFERENCE_EID
from rspsim.card_presets import USUAL, CardPreset, preset_named
from rspsim.card_setup import CardRequest, decided, first_state
from rspsim.env import SeededRng
from rspsim.euicc.card import Euicc
from rspsim.stores.memory import MemoryStore
from rspsim.transports.card_presence import put_in
from rspsim.transports.shared_daemon import shared_pcscd
from rspsim.transports.slot_claim import claim_free_slot
from rspsim.transports.slow_card import slowed
from rspsim.transports.vpcd import VpcdCard, in_reader

__all__ = ["CardWords", "ReaderCards", "SimulatedCards", "simulated_card"]

_ISSUER_DIGITS: Final = 8
"""Digits of an EID that have to be those of the EUM (SGP.29)."""
_IN_PROCESS: Final = 1
_IN_READER: Final = 2
"""The ninth digit of the EIDs of each fixture, so that no two cards of a test share one."""
_SLOT_PATIENCE_S: Final = 60.0
"""How long a card waits for a slot that other tests hold."""


class CardWords(TypedDict, total=False):
    """What a simulated card has to be, beside its preset.

    Attributes:
        faults: Faults beside those of the preset (`rsplab card faults`).
        variations: Legal variations (`rsplab card variations`).
        options: Options, "name=value" each (`rsplab card options`).
        personality: SGP.22 version, for example "v2.5".
        profiles: Profiles it is delivered with, by their names in the catalogue.
        enabled: The one of them that is Enabled; it need not be named among them.
        memory: Octets of memory for Profiles.
        rat: Rules authorisation table, by its name in `rspsim.personalise.RATS`.
        default_dp: Default SM-DP+ address, an FQDN; without it none is set.
        root_ds: Root SM-DS address, an FQDN.
        pki: Credentials, and the eUICC among them; without it generated ones.
        eid: EID, 32 digits, under the EUM of the credentials.
        seed: What the card draws random octets from.
    """

    faults: Sequence[str]
    variations: Sequence[str]
    options: Sequence[str]
    personality: str
    profiles: Sequence[str]
    enabled: str
    memory: int
    rat: str
    default_dp: str
    root_ds: str
    pki: Pki
    eid: str
    seed: str


def simulated_card(preset: str = USUAL, **words: Unpack[CardWords]) -> Euicc:
    """Makes a card that keeps its state in memory; without `eid` the eUICC of the credentials.

    Args:
        preset: Kind of card (`rsplab card presets`).
        words: What is added to the preset (`CardWords`).

    Raises:
        LocalError: no such preset, fault, variation, option or Profile.
        ConfigError: no such personality, or no such card can be issued under the EUM.
        DecodeError: the EID is not 32 digits.
    """
    return _made(preset_named(preset), words)


def _made(kind: CardPreset, words: CardWords) -> Euicc:
    eid = words.get("eid")
    kind = kind.varied(words.get("variations", ()))
    request = CardRequest(
        eid=None if eid is None else Eid.from_digits(eid),
        personality=words.get("personality"),
        options=tuple(words.get("options", ())),
        memory=words.get("memory"),
        rat=words.get("rat"),
        default_dp=words.get("default_dp"),
        root_ds=words.get("root_ds"),
        profiles=tuple(words.get("profiles", ())),
        enabled=words.get("enabled"),
    ).with_preset(kind)
    state = first_state(request, words.get("pki"))
    decisions = decided(kind, tuple(words.get("faults", ())))
    rng = SeededRng(words.get("seed", "1").encode())
    return Euicc(state, MemoryStore(state), rng, decisions)


class _Eids:
    """Gives each card of a fixture an EID of its own, by number."""

    def __init__(self, fixture: int) -> None:
        self._first = str(REFERENCE_EID)[:_ISSUER_DIGITS] + str(fixture)
        self._numbers = count(1)

    def named(self, words: CardWords) -> CardWords:
        """Returns the words with the next EID, unless they choose the card."""
        if "eid" in words or "pki" in words:
            return words
        number = str(next(self._numbers)).zfill(30 - len(self._first))
        return {**words, "eid": str(Eid.from_first_digits(self._first + number))}


class SimulatedCards:
    """Makes cards in this process, each with an EID and keys of its own."""

    def __init__(self) -> None:
        """Makes no card yet."""
        self._eids = _Eids(_IN_PROCESS)

    def __call__(self, preset: str = USUAL, **words: Unpack[CardWords]) -> Euicc:
        """Makes a card; takes the arguments of the function `simulated_card`, and raises as it."""
        return _made(preset_named(preset), self._eids.named(words))


class ReaderCards:
    """Puts cards into virtual readers until it is closed; one card for each free slot."""

    def __init__(self) -> None:
        """Joins the users of a PC/SC daemon; one that had to be started ends with the last of them.

        Raises:
            ConfigError: no daemon with vpcd is available.
        """
        self._eids = _Eids(_IN_READER)
        self._held = ExitStack()
        self._slots = self._held.enter_context(shared_pcscd()).slots

    def __call__(self, preset: str = USUAL, **words: Unpack[CardWords]) -> str:
        """Puts a card into a reader; takes the arguments of `simulated_card`.

        A client can connect at once. Where every slot holds a card, the call waits for a minute.

        Returns:
            Name of the reader, as PC/SC knows it.

        Raises:
            ConfigError: every slot still holds a card, or pcscd does not see this one.
        """
        kind = preset_named(preset)
        made = slowed(_made(kind, self._eids.named(words)), kind.delays_ms)
        slot = self._held.enter_context(claim_free_slot(self._slots, _SLOT_PATIENCE_S)).slot
        served = put_in(slot.reader, partial(in_reader, made, slot.port), VpcdCard.close)
        self._held.callback(served.close)
        return slot.reader

    def close(self) -> None:
        """Takes the cards out of their readers and leaves the daemon to its other users."""
        self._held.close()
