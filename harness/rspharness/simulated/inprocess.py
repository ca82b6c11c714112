"""The simulated card called directly: a new one for every case, from a state made once."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final, Protocol

from rspcore.errors import ConfigError, LocalError
from rspharness.record.timing import cpu_stopwatch
from rspharness.simulated.declaration import declared_values, options_of
from rspharness.targets.modelled_times import ModelledLink, TimeModel
from rspharness.targets.settings import TargetSettings
from rspharness.targets.target import TargetOptions
from rspharness.targets.transport import PoweredLink
from rspsim.card_claims import claiming
from rspsim.card_presets import USUAL, CardPreset, preset_named
from rspsim.card_setup import PROFILE_OF_A_SIM, changed_options, decided
from rspsim.env import Rng, SeededRng
from rspsim.euicc.card import Euicc
from rspsim.euicc.personality import Personality, personality_named
from rspsim.euicc.state import Addresses, CardState
from rspsim.euicc.store import Store
from rspsim.personalise import ROOT_DS_ADDRESS, personalise
from rspsim.stores.memory import MemoryStore

__all__ = [
    "DECLARED",
    "DECLARED_VALUES",
    "CardMaker",
    "InProcessTarget",
    "SimulatedCards",
    "declared_by_maker",
    "declared_options",
    "declaring",
    "first_state",
    "maker_with",
    "preset_of",
]

DECLARED: Final[Mapping[str, bool]] = {
    "PROVISIONING": True,
    "EXT_CHANNELS": True,
    "O_E_2_PIR": True,
    "ALLOW_LIST": False,
    "MIN_SEC_LEVEL": False,
    "SCP81": False,
}
"""Options of the simulated card that no standard command reads."""

DECLARED_VALUES: Final[Mapping[str, str]] = {
    "ef_env_classes": "2F11",
    "ef_env_classes_content": "01",
    "ef_umpc_content": "3C05000000",
}
"""What the maker of the simulated card declares about its default files."""


def first_state(options: TargetOptions) -> CardState:
    """Personalises the card of a run by the table [card] of its target file; returns its state.

    Raises:
        ConfigError: no such personality or RAT, or credentials are missing.
        LocalError: no such option of a card, or no such Profile.
    """
    card = options.settings.card
    kept = preset_of(options.settings)
    named = options.personality or card.get("personality") or kept.personality or "v2.5"
    kind = personality_named(named)
    if kept.memory is not None:
        kind = replace(kind, nvm_size=kept.memory)
    kind = _claiming(kind, {**kept.claims, **card})
    changes = (*kept.options, *card.get("options", "").split())
    state = personalise(
        options.pki,
        eid=options.eid,
        personality=kind,
        rat=card.get("rat", "any-operator"),
        options=changed_options(kind.options, changes),
        addresses=Addresses(
            root_ds=ROOT_DS_ADDRESS,
            more_root_ds=tuple(card.get("more_root_ds", "").split()),
        ),
    )
    names = card.get("preloaded", "").split()
    if not kind.isdr and not names:
        names = [PROFILE_OF_A_SIM]
    if not names:
        return state
    from rspcore.profile_maker import make_profile, preset  # noqa: PLC0415  most begin without
    from rspsim.preloaded_profiles import with_preloaded  # noqa: PLC0415  likewise

    for name in names:
        enabled = not kind.isdr and name == names[0]
        state = with_preloaded(state, make_profile(preset(name)), enabled=enabled)
    return state


def preset_of(settings: TargetSettings) -> CardPreset:
    """Returns the preset that the table [card] names, with its variations.

    It is that of a usual card when none is named.

    Raises:
        ConfigError: there is none of this name, or no such variation; the message lists the names.
    """
    try:
        kind = preset_named(settings.card.get("preset", USUAL))
        return kind.varied(settings.card.get("variations", "").split())
    except LocalError as error:
        raise ConfigError(f"[card] {error}") from error


def _claiming(kind: Personality, card: Mapping[str, str]) -> Personality:
    """Returns a personality with what the table [card] says of it.

    Raises:
        ConfigError: a word is not one of those the key takes.
    """
    try:
        return claiming(kind, card)
    except ConfigError as error:
        raise ConfigError(f"[card] {error}") from error


def declared_options(options: TargetOptions) -> dict[str, bool]:
    """Returns the options of the simulated card that its maker declares."""
    return _declared_options(first_state(options))


def _declared_options(state: CardState) -> dict[str, bool]:
    return {
        **DECLARED,
        "O_E_REUSE_OTPK": state.options.reuse_otpk,
        "CATBUSY": state.options.cat_busy,
        "PRELOADED_TEST": any(not one.field_loaded for one in state.profiles),
        **options_of(state),
    }


def declaring(options: TargetOptions) -> TargetSettings:
    """Returns the settings, completed by what the maker of the simulated card declares."""
    return declared_by_maker(options.settings, first_state(options))


def declared_by_maker(settings: TargetSettings, state: CardState) -> TargetSettings:
    """Returns the settings, completed by what the maker of a card with this state declares.

    Raises:
        ConfigError: the table [card] has another word for it than "nothing".
    """
    word = settings.card.get("declared")
    if word == "nothing":
        return settings
    if word is not None:
        raise ConfigError(f'[card] declared = {word!r}: expected "nothing", or no such line')
    declared = {**DECLARED_VALUES, **declared_values(state)}
    options = _declared_options(state)
    for name in preset_of(settings).variations:
        from rspsim.variations.named_variations import (  # noqa: PLC0415  most cards have none
            variation_named,
        )

        one = variation_named(name)
        options.update(one.declared)
        declared.update(one.values)
    return replace(
        settings,
        version="v3" if state.personality.version_3 else settings.version or "v2",
        options={**options, **settings.options},
        values={**declared, **settings.values},
    )


class CardMaker(Protocol):
    """Makes the simulated cards of a run."""

    def __call__(self, state: CardState, store: Store, rng: Rng, /) -> Euicc:
        """Returns a new card with this state."""


def maker_with(fault: str, kind: CardPreset | None = None) -> CardMaker:
    """Returns the maker of cards with a fault, or of sound cards when the name is empty.

    Args:
        fault: Name of the fault, or empty.
        kind: What the cards are like otherwise; usual ones when it is left out. Delays of a preset
            are a matter of what serves a card to a reader, and are not kept here.

    Raises:
        LocalError: there is no such fault.
    """
    decisions = decided(kind or preset_named(USUAL), [fault] if fault else [])

    def make(state: CardState, store: Store, rng: Rng, /) -> Euicc:
        return Euicc(state, store, rng, decisions)

    return make


_NOT_READ: Final = b"\x6f\x00"
"""What stands for the answer of a card that lost its power; nobody reads it."""


class SimulatedCards:
    """Makes a new simulated card for every case of a run, all from one first state.

    Attributes:
        card: The card in place.
    """

    def __init__(self, options: TargetOptions, make: CardMaker) -> None:
        self._options = options
        self._make = make
        self._first = first_state(options)
        self._seed = options.seed
        self._made_count = 0
        self._pieces: int | None = None
        self._lost = False
        self.card = self._made(self._first)

    def lose_power(self, pieces: int | None) -> None:
        """Plans a loss of power inside the next command that writes; see `PowerLosing`."""
        self._pieces, self._lost = pieces, False

    def power_was_lost(self) -> bool:
        """Returns whether the planned loss has come."""
        return self._lost

    def transmit(self, command: bytes) -> bytes:
        """Passes a command to the card in place and returns the response.

        Where a loss of power was planned and the command wrote something, the card is put in place
        that begins with what was kept, and the response is not that of the command.
        """
        card, pieces = self.card, self._pieces
        if pieces is None:
            return card.transmit(command)
        before = card.state
        if not card.powered:
            card.reset()
            before = card.state
        response = card.transmit(command)
        if card.state is before:
            return response
        kept = (before, *card.wrote)
        self._pieces, self._lost = None, True
        self._made_count += 1
        self.card = self._made(kept[min(pieces, len(kept) - 1)])
        return _NOT_READ

    def draw_from(self, seed: str) -> None:
        """Makes the next cards draw their random octets from a seed."""
        self._seed, self._made_count = f"{self._options.seed}/{seed}", 0

    def _made(self, state: CardState) -> Euicc:
        rng = SeededRng(f"{self._seed}/{self._made_count}".encode())
        return self._make(state, MemoryStore(state), rng)

    def new(self) -> Euicc:
        """Puts a new card in the place of the last one and returns it."""
        self._made_count += 1
        self.card = self._made(self._first)
        return self.card

    def restored(self, state: object) -> Euicc:
        """Puts a card with another lasting state in the place of the last one and returns it.

        Raises:
            LocalError: it is not a state of such a card.
        """
        if not isinstance(state, CardState):
            raise LocalError(f"expected a CardState, got {type(state).__name__}")
        self.card = self._made(state)
        return self.card


class _DirectLink:
    """The link to the card in place, called directly.

    Attributes:
        answer_ms: CPU time of the last answer, in milliseconds: a busy machine is no slow card.
    """

    def __init__(self, cards: SimulatedCards) -> None:
        self._cards = cards
        self.answer_ms = 0.0

    def transmit(self, command: bytes) -> bytes:
        """Passes a command to the card and returns the response."""
        elapsed_ms = cpu_stopwatch()
        response = self._cards.transmit(command)
        self.answer_ms = elapsed_ms()
        return response

    def reset(self) -> bytes:
        """Resets the card and returns its ATR."""
        return self._cards.card.reset()

    def power_cycle(self) -> bytes:
        """Switches the power off and on and returns the ATR."""
        self._cards.card.power_off()
        return self._cards.card.reset()

    def restart(self, protocol: int) -> bytes:
        """Switches the power off and on; a direct call is the same in every protocol."""
        del protocol
        return self.power_cycle()

    def close(self) -> None:
        """Switches the power off."""
        self._cards.card.power_off()


class InProcessTarget:
    """The target `inprocess`."""

    simulated = True

    def __init__(self, options: TargetOptions, make: CardMaker | None = None) -> None:
        """Prepares the cards.

        Args:
            options: Options of the command line.
            make: Makes the cards; by default cards with the fault of the options.

        Raises:
            ConfigError: the card of the target file cannot be made.
            LocalError: there is no such fault.
        """
        self.settings: TargetSettings = declaring(options)
        self.name = options.settings.name
        self._cards = SimulatedCards(
            options, make or maker_with(options.card_fault, preset_of(options.settings))
        )
        self._fault = options.card_fault
        self._model: TimeModel | None = None
        times, medians = options.settings.times, options.settings.times_ms
        if times:
            self._model = TimeModel.of_run(Path(times), medians, options.seed)
        elif medians:
            self._model = TimeModel(medians, seed=options.seed)

    def lose_power(self, pieces: int | None) -> None:
        """Plans a loss of power inside the next command that writes."""
        self._cards.lose_power(pieces)

    def power_was_lost(self) -> bool:
        """Returns whether the planned loss has come."""
        return self._cards.power_was_lost()

    def open(self) -> PoweredLink:
        """Makes a new card and returns the link to it."""
        self._cards.new()
        link = _DirectLink(self._cards)
        return link if self._model is None else ModelledLink(link, self._model, self._numbers)

    def _numbers(self) -> tuple[int, int]:
        """Returns how many Profiles the card has, and how many Notifications wait."""
        state = self._cards.card.state
        return len(state.profiles), len(state.notifications)

    def facts(self) -> Mapping[str, str]:
        """Returns the fault of the card, if it has one."""
        return {"card_fault": self._fault} if self._fault else {}

    def draw_from(self, seed: str) -> None:
        """Makes the next cards draw their random octets from a seed."""
        self._cards.draw_from(seed)

    def keep(self) -> object:
        """Returns the card's lasting state."""
        return self._cards.card.state

    def restore(self, state: object) -> None:
        """Replaces the card by one with another lasting state."""
        self._cards.restored(state)

    def close(self) -> None:
        """Does nothing: there is nothing to release."""
