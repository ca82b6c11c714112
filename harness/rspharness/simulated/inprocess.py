"""The simulated card called directly: a new one for every case, from a state made once.

This is one of the modules that may import the simulator.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import ClassVar, Final, TypeVar

from rspcore.errors import ConfigError, LocalError
from rspcore.messages.euicc_info import RspCapability, TreProperty, UiccCapability
from rspcore.messages.isdr import LpaeSupport
from rspcore.profile_maker import make_profile, preset
from rspharness.simulated.declaration import declared_values, options_of
from rspharness.targets.settings import TargetSettings
from rspharness.targets.target import RECORDED, TargetOptions
from rspsim.card_setup import changed_options
from rspsim.env import SeededRng
from rspsim.euicc.card import Euicc
from rspsim.euicc.decisions import STANDARD, Decisions
from rspsim.euicc.personality import Personality, personality_named
from rspsim.euicc.state import CardState
from rspsim.faults.card import FAULTS
from rspsim.personalise import personalise
from rspsim.preloaded_profiles import with_preloaded
from rspsim.stores.memory import MemoryStore

__all__ = [
    "DECLARED",
    "DECLARED_VALUES",
    "InProcessTarget",
    "SimulatedCards",
    "declared_options",
    "declaring",
    "first_state",
]

DECLARED: Final[Mapping[str, bool]] = {
    "PROVISIONING": True,
    "EXT_CHANNELS": True,
    "O_E_2_PIR": True,
}
"""Options the simulated card has, and which no standard command tells."""

DECLARED_VALUES: Final[Mapping[str, str]] = {
    "ef_env_classes": "2F11",
    "ef_env_classes_content": "01",
    "ef_umpc_content": "3C05000000",
}
"""What the maker of the simulated card says of its default files."""

T = TypeVar("T")

_LPAE: Final = {"cat": LpaeSupport.lpaeUsingCat, "scws": LpaeSupport.lpaeUsingScws}


def first_state(options: TargetOptions) -> CardState:
    """Personalise the card of a run, as the table [card] of its target file says.

    Raises:
        ConfigError: no such personality or RAT, or credentials are missing.
        LocalError: no such option of a card, or no such Profile.
    """
    card = options.settings.card
    kind = _claiming(
        personality_named(options.personality or card.get("personality", "v2.5")), card
    )
    state = personalise(
        options.pki,
        eid=options.eid,
        personality=kind,
        rat=card.get("rat", "any-operator"),
        options=changed_options(kind.options, card.get("options", "").split()),
    )
    for name in card.get("preloaded", "").split():
        state = with_preloaded(state, make_profile(preset(name)))
    return state


def _claiming(kind: Personality, card: Mapping[str, str]) -> Personality:
    """Return a personality as the table [card] says: with an LPAe, another TRE, less of all.

    Raises:
        ConfigError: a word is not one of those the key takes.
    """
    if "lpae" in card:
        kind = replace(kind, lpae_support=frozenset(_words(card, "lpae", _LPAE)))
    if "tre" in card:
        kind = replace(kind, tre_properties=frozenset(_words(card, "tre", TreProperty.__members__)))
    if "memory" in card:
        if not card["memory"].isdecimal():
            raise ConfigError(f"[card] memory = {card['memory']!r}: expected a number of octets")
        kind = replace(kind, nvm_size=int(card["memory"]))
    if "without" in card:
        kind = _lacking(kind, frozenset(card["without"].split()))
    return kind


def _words(card: Mapping[str, str], key: str, known: Mapping[str, T]) -> Iterator[T]:
    for name in card[key].split():
        if name not in known:
            raise ConfigError(f"[card] {key} = {name!r}: expected {', '.join(known)}")
        yield known[name]


def _lacking(kind: Personality, names: frozenset[str]) -> Personality:
    known = {*RspCapability.__members__, *UiccCapability.__members__}
    if unknown := sorted(names - known):
        raise ConfigError(
            f"[card] without = {', '.join(unknown)}: expected bits of RspCapability or "
            f"UICCCapability: {', '.join(sorted(known))}"
        )
    return replace(
        kind,
        rsp_capability=frozenset(
            b for b in kind.rsp_capability if RspCapability(b).name not in names
        ),
        uicc_capability=frozenset(
            b for b in kind.uicc_capability if UiccCapability(b).name not in names
        ),
        ts102241_version=None if "javacard" in names else kind.ts102241_version,
    )


def declared_options(options: TargetOptions) -> dict[str, bool]:
    """Return the options of the simulated card that its maker tells."""
    state = first_state(options)
    return {
        **DECLARED,
        "O_E_REUSE_OTPK": state.options.reuse_otpk,
        "CATBUSY": state.options.cat_busy,
        "PRELOADED_TEST": bool(state.profiles),
        **options_of(state),
    }


def declaring(options: TargetOptions) -> TargetSettings:
    """Return the settings, completed by what the maker of the simulated card says of it."""
    settings = options.settings
    said = {**DECLARED_VALUES, **declared_values(first_state(options))}
    return replace(
        settings,
        options={**declared_options(options), **settings.options},
        values={**said, **settings.values},
    )


def _decisions(name: str) -> Decisions:
    if name in ("", RECORDED):
        return STANDARD
    for fault in FAULTS:
        if fault.name == name:
            return fault.apply(STANDARD)
    raise ConfigError(f"card fault {name!r}: known are {', '.join(f.name for f in FAULTS)}")


class SimulatedCards:
    """Make a new simulated card for every case of a run, all from one first state.

    Attributes:
        kind: Class of the cards; the mutation matrix has one of its own.
    """

    kind: ClassVar[type[Euicc]] = Euicc

    def __init__(self, options: TargetOptions) -> None:
        self._options = options
        self._first = first_state(options)
        self._decisions = _decisions(options.card_fault)
        self._seed = options.seed
        self.card = self._made(self._first, 0)
        self._made_count = 0

    def draw_from(self, seed: str) -> None:
        """Let the next cards draw from a seed."""
        self._seed, self._made_count = f"{self._options.seed}/{seed}", 0

    def _made(self, state: CardState, number: int) -> Euicc:
        rng = SeededRng(f"{self._seed}/{number}".encode())
        if self._options.card_fault == RECORDED:
            from rspharness.simulated.recording_card import RecordingEuicc  # noqa: PLC0415  only to try the suites

            return RecordingEuicc(state, MemoryStore(state), rng)
        return self.kind(state, MemoryStore(state), rng, self._decisions)

    def new(self) -> Euicc:
        """Put a new card in the place of the last one and return it."""
        self._made_count += 1
        self.card = self._made(self._first, self._made_count)
        return self.card

    def restored(self, state: object) -> Euicc:
        """Put a card with another lasting state in the place of the last one and return it.

        Raises:
            LocalError: it is not a state of such a card.
        """
        if not isinstance(state, CardState):
            raise LocalError(f"expected a CardState, got {type(state).__name__}")
        self.card = self._made(state, self._made_count)
        return self.card


class _DirectLink:
    """Call whatever card is in place."""

    def __init__(self, cards: SimulatedCards) -> None:
        self._cards = cards

    def transmit(self, command: bytes) -> bytes:
        """Hand a command to the card."""
        return self._cards.card.transmit(command)

    def reset(self) -> bytes:
        """Reset the card and return its ATR."""
        return self._cards.card.reset()

    def power_cycle(self) -> bytes:
        """Take the power away, give it back and return the ATR."""
        self._cards.card.power_off()
        return self._cards.card.reset()

    def restart(self, protocol: int) -> bytes:
        """Power the card anew; octets reach it the same way in every protocol it offers."""
        del protocol
        return self.power_cycle()

    def close(self) -> None:
        """Take the power away."""
        self._cards.card.power_off()


class InProcessTarget:
    """Be the target `inprocess`."""

    simulated = True

    def __init__(self, options: TargetOptions) -> None:
        self.settings: TargetSettings = declaring(options)
        self.name = options.settings.name
        self._cards = SimulatedCards(options)
        self._fault = options.card_fault

    def open(self) -> _DirectLink:
        """Make a new card and return the link to it."""
        self._cards.new()
        return _DirectLink(self._cards)

    def facts(self) -> Mapping[str, str]:
        """Return the fault of the card, if it has one."""
        return {"card_fault": self._fault} if self._fault else {}

    def draw_from(self, seed: str) -> None:
        """Let the next cards draw from a seed."""
        self._cards.draw_from(seed)

    def keep(self) -> object:
        """Return the card's lasting state."""
        return self._cards.card.state

    def restore(self, state: object) -> None:
        """Give the card another lasting state."""
        self._cards.restored(state)

    def close(self) -> None:
        """Do nothing: there is nothing to let go."""
