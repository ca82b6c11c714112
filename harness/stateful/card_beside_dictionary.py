"""One card beside its dictionary: what an act is, and what is compared after it."""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any, Final

from dictionary_card import (
    OPERATIONAL,
    DictionaryCard,
    Expected,
)
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant

from rspcore import tlv
from rspcore.crypto.curves import Curve
from rspcore.messages.es10a import EuiccConfiguredAddressesRequest
from rspcore.messages.es10c import (
    ProfileState,
    ResetOption,
)
from rspcore.pki.generate import make_pki
from rspcore.profile_maker import PRESETS, TestProfile, make_profile
from rspcore.profile_maker.editing import inserted
from rspharness.card.card_under_test import Card
from rspharness.card.free_memory import free_memory
from rspharness.lpa.proactive import fetch
from rspharness.servers.rsp_server import RspServer
from rspsim.env import SeededRng
from rspsim.euicc.card import Euicc
from rspsim.euicc.decisions import STANDARD, Decisions
from rspsim.euicc.state import CardState
from rspsim.personalise import personalise
from rspsim.stores.memory import MemoryStore, Moment, PowerLoss, PowerLost

__all__ = [
    "ABSENT",
    "FIRST_CONTENT",
    "MOMENTS",
    "MOST_WAITING",
    "OTHER_PIN",
    "PIN",
    "PROFILES",
    "PROTECTED",
    "PUK",
    "WRONG_PIN",
    "WRONG_PUK",
    "CardBesideDictionary",
    "iccid_of",
    "losses",
    "names",
    "one_of_all",
    "package",
    "pins",
    "resets",
    "starts",
]

PROFILES: Final = (
    "PROFILE_OPERATIONAL1",
    "PROFILE_OPERATIONAL2",
    "PROFILE_OPERATIONAL3",
    "PROFILE_OPERATIONAL1.1",
    "PROFILE_OPERATIONAL4",
    "PROFILE_TEST1",
    "PROFILE_PROVISIONING1",
)
"""Profiles that are loaded; 1 and 1.1 share an ICCID, 1.1 has PPR2 and 4 has PPR1."""
ABSENT: Final = "8929901099999999990"
"""ICCID of no Profile."""
PIN, OTHER_PIN = b"0000\xff\xff\xff\xff", b"4711\xff\xff\xff\xff"
WRONG_PIN, PUK, WRONG_PUK = b"9876\xff\xff\xff\xff", b"11111111", b"12345678"
PROTECTED: Final = "2F20"
FIRST_CONTENT: Final = bytes(range(0xA0, 0xA8))
MOST_WAITING: Final = 24
"""Notifications that may wait: a card may drop the oldest of more."""
MOMENTS: Final = (Moment.BEFORE, Moment.TORN, Moment.AFTER)

names = st.sampled_from(PROFILES)
pins = st.sampled_from((PIN, OTHER_PIN, WRONG_PIN))
losses = st.integers(0, 23).map(
    lambda n: None if n < 18 else PowerLoss(n % 2 + 1, MOMENTS[(n - 18) // 2])
)
"""A loss of power in one act of four, at its first commit or its second."""
starts = st.sampled_from(
    (
        ("PROFILE_OPERATIONAL1", "PROFILE_OPERATIONAL2", "PROFILE_TEST1"),
        ("PROFILE_OPERATIONAL1.1", "PROFILE_OPERATIONAL3"),
        ("PROFILE_OPERATIONAL4", "PROFILE_PROVISIONING1", "PROFILE_TEST1"),
        ("PROFILE_OPERATIONAL4", "PROFILE_OPERATIONAL2"),
        ("PROFILE_OPERATIONAL2", "PROFILE_TEST1"),
    )
)
"""What a card begins with."""
resets = st.sampled_from(
    [
        frozenset(ResetOption(n) for n in numbers)
        for numbers in ((2,), (1,), (1, 2), (0,), (0, 1, 2))
    ]
)
"""Options of a memory reset; those that leave more come first."""
one_of_all = st.integers(0, 7)
"""A Profile on the card, whichever there are; 7 for one that is not there."""


@cache
def package(name: str) -> TestProfile:
    """Returns a Profile with a file that PIN1 protects, 2F20 below the MF."""
    made = make_profile(PRESETS[name])
    fcp = (
        tlv.encode(0x82, bytes.fromhex("4121")),
        tlv.encode(0x83, bytes.fromhex(PROTECTED)),
        tlv.encode(0x8B, bytes.fromhex("2F0605")),
        tlv.encode(0x80, bytes((len(FIRST_CONTENT),))),
        tlv.encode(0x88),
    )
    script = tlv.encode(0x62, *fcp) + tlv.encode(0x81, FIRST_CONTENT)
    header = tlv.encode(0xA0, tlv.encode(0x80), tlv.encode(0x81, b"\x7f"))
    element = tlv.encode(0xA1, header, tlv.encode(0xA1, tlv.encode(0x30, script)))
    upp = inserted(made.upp, element, before="securityDomain")
    return TestProfile(made.parameters, upp, made.metadata)


def iccid_of(name: str) -> str:
    """Returns the ICCID of a Profile."""
    return str(PRESETS[name].iccid)


@cache
def first_state() -> tuple[CardState, Any]:
    """Returns the state of a new card and the credentials of its world."""
    pki = make_pki(curves=(Curve.NIST_P256,))
    return personalise(pki), pki


@dataclass(frozen=True)
class Observed:
    """All that an LPA sees of the lasting state."""

    profiles: dict[str, tuple[bool, str, int]]
    notifications: dict[int, tuple[int, str]]
    address: str


class Cable:
    """The link to a card that loses its power where the store says so."""

    def __init__(self, state: CardState, decisions: Decisions) -> None:
        self.store = MemoryStore(state)
        self._decisions = decisions
        self._cards = 0
        self.insert()

    def insert(self) -> None:
        """Builds the card from what the store kept, as a reboot does."""
        state = self.store.load()
        assert state is not None
        self._cards += 1
        rng = SeededRng(f"card {self._cards}".encode())
        self.card = Euicc(state, self.store, rng, self._decisions)

    def transmit(self, command: bytes) -> bytes:
        """Passes a command on."""
        return self.card.transmit(command)

    def reset(self) -> bytes:
        """Resets the card."""
        return self.card.reset()

    def close(self) -> None:
        """Does nothing."""


class CardBesideDictionary(RuleBasedStateMachine):
    """One card beside its dictionary.

    Attributes:
        decisions: What the card decides; a fault swaps some.
        lost: The last act met its loss of power.
    """

    decisions: Decisions = STANDARD

    def __init__(self) -> None:
        super().__init__()
        state, pki = first_state()
        self.cable = Cable(state, self.decisions)
        self.card = Card(self.cable)
        self.server = RspServer(
            pki, Curve.NIST_P256, seed=b"model", now=datetime(2026, 1, 1, tzinfo=UTC)
        )
        self.model = DictionaryCard()
        self.challenges: set[bytes] = set()
        self.free = free_memory(self.card)
        self.lost = False

    # What an act is: the same on both sides, and perhaps without power

    def act(
        self,
        send: Callable[[], Any],
        expect: Callable[[DictionaryCard], Expected],
        loss: PowerLoss | None = None,
    ) -> None:
        """Does an act on the card and in the dictionary, and compares.

        Args:
            send: Sends it and returns the result code.
            expect: Does it in the dictionary.
            loss: Loss of power in it, None for none.
        """
        before, after = deepcopy(self.model), self.model
        expected = expect(after)
        self.lost = False
        self.cable.store.arm(loss)
        try:
            code = send()
        except PowerLost:
            self.reboot(before, after, expected)
            return
        finally:
            self.cable.store.arm(None)
        assert code in expected.codes, f"answered {code}, expected one of {sorted(expected.codes)}"
        self.require_refresh(expected)
        self.model.numbered(expected, self.new_notifications())

    def reboot(self, before: DictionaryCard, after: DictionaryCard, expected: Expected) -> None:
        """Puts the card on power again, and finds out whether the act has been done."""
        self.lost = True
        self.cable.insert()
        self.card.forget_channel()
        self.cable.reset()
        problems = []
        for model, made in ((before, Expected()), (after, expected)):
            started = model.restarted()
            made.made += started.made
            made.perhaps += started.perhaps
            self.model = model
            try:
                self.model.numbered(made, self.new_notifications())
                self.require_same()
                self.read_file(further=False)
                self.compare_tries()
            except AssertionError as problem:
                problems.append(str(problem))
            else:
                return
        raise AssertionError(
            "after a loss of power, neither before nor after: " + "; ".join(problems)
        )

    def require_refresh(self, expected: Expected) -> None:
        """Requires the announcement of a REFRESH where one is due, and carries none out."""
        announced = self.card.pending_proactive is not None
        if expected.refresh:
            assert announced, "no REFRESH was announced"
        elif announced and not self.waits:
            command = fetch(self.card)
            raise AssertionError(f"announced without a reason: {command.raw.hex()}")

    def observed(self) -> Observed:
        """Looks at the card."""
        listed = self.card.profiles()
        for one in listed:
            model = self.model.profiles.get(str(one.iccid))
            aid = b"" if one.isdp_aid is None else one.isdp_aid.octets
            if model is not None:
                model.aid = model.aid or aid
                assert model.aid == aid, f"AID of {one.iccid}: {aid.hex()}, was {model.aid.hex()}"
        pending = self.card.notifications()
        address = self.card.send(EuiccConfiguredAddressesRequest()).default_dp_address
        assert len(listed) == len({one.iccid for one in listed}), "an ICCID is listed twice"
        return Observed(
            {
                str(one.iccid): (
                    one.profile_state == ProfileState.enabled,
                    one.profile_nickname or "",
                    OPERATIONAL if one.profile_class is None else one.profile_class,
                )
                for one in listed
            },
            {
                one.seq_number: (*one.profile_management_operation, str(one.iccid))
                for one in pending
            },
            address or "",
        )

    def new_notifications(self) -> dict[int, tuple[int, str]]:
        """Returns what is listed and not known."""
        known = self.model.notifications
        return {n: one for n, one in self.observed().notifications.items() if n not in known}

    @invariant()
    def require_same(self) -> None:
        """The card shows what the dictionary has, and nothing else."""
        seen = self.observed()
        model = self.model
        wanted = {
            iccid: (one.enabled, one.nickname, one.kind) for iccid, one in model.profiles.items()
        }
        assert seen.profiles == wanted, f"Profiles {seen.profiles}, expected {wanted}"
        assert sum(enabled for enabled, _, _ in seen.profiles.values()) <= 1
        waiting = seen.notifications
        assert waiting == model.notifications, f"{waiting}, expected {model.notifications}"
        assert seen.address == model.address, f"address {seen.address!r}, not {model.address!r}"
        aids = [one.aid for one in model.profiles.values()]
        assert len(aids) == len(set(aids)), "two Profiles share an ISD-P"
        if not model.profiles:
            assert free_memory(self.card) == self.free, "memory of deleted Profiles is not free"

    def chosen(self, which: int) -> str:
        """Returns the ICCID of one of the Profiles on the card, or of none."""
        there = sorted(self.model.profiles)
        return there[which % len(there)] if there and which < 7 else ABSENT

    @property
    def waits(self) -> bool:
        """Returns whether a switch waits for its REFRESH."""
        return self.model.waiting is not None

    @property
    def has_room(self) -> bool:
        """Returns whether a switch may begin, and its Notifications are kept."""
        return len(self.model.notifications) < MOST_WAITING and not self.waits
