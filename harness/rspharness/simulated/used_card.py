"""A simulated card as a lab may have it: with Profiles of an operator, and perhaps another CI.

What the table [card] of a target file says beside the keys of a new card (`TargetSettings.card`):

    foreign = "enabled disabled"   # Profiles of an operator: one for each word, in this state
    waiting = "yes"                # their Notifications wait; without it they were delivered
    rules = "ppr1"                 # policy rule of each of them: ppr1 or ppr2
    ci = "other"                   # made under a CI that is not the run's
    curves = "nistP256"            # the curves it has, separated by spaces; all without it

The Profiles are as a download from a server of the operator's own left them, have ICCIDs, addresses
and keys that are none of the suites', and a nickname each.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from rspcore.crypto.curves import Curve
from rspcore.errors import ConfigError
from rspcore.ids import Iccid, Oid
from rspcore.messages.metadata import (
    NotificationConfigurationInformation,
    NotificationEvent,
    PprId,
)
from rspcore.pki.bundle import Pki
from rspcore.pki.generate import make_pki
from rspcore.profile_maker import ProfileParameters, make_profile
from rspharness.card.card_under_test import Card
from rspharness.lpa import local_management
from rspharness.simulated.inprocess import first_state
from rspharness.targets.target import TargetOptions
from rspsim.card_presets import USUAL, preset_named
from rspsim.card_setup import decided
from rspsim.env import SeededRng
from rspsim.euicc.card import Euicc
from rspsim.euicc.state import CardState
from rspsim.preloaded_profiles import with_preloaded
from rspsim.stores.memory import MemoryStore

__all__ = ["FOREIGN_ADDRESS", "used_state"]

FOREIGN_ADDRESS: Final = "rsp.operator.test"
"""Address of the operator's server; a reserved domain (RFC 2606)."""

_STATES: Final = ("enabled", "disabled")
_OTHER_CI: Final = b"a CI of somebody else"
_OPERATOR: Final = Oid("2.999.70")


def used_state(options: TargetOptions) -> CardState:
    """Makes the card that the table [card] describes and returns its state.

    Raises:
        ConfigError: a word of the table is unknown, or credentials are missing.
        LocalError: no such option of a card, or no such Profile.
    """
    card = options.settings.card
    made = replace(options, pki=_credentials(options, card), card_fault="")
    state = first_state(made)
    words = card.get("foreign", "").split()
    if unknown := sorted(set(words) - set(_STATES)):
        raise ConfigError(f"[card] foreign = {unknown[0]!r}: expected {' or '.join(_STATES)}")
    for number, word in enumerate(sorted(words), 1):  # the Enabled one last: it ends any other
        state = _with_profile(state, number, _rules(card))
        state = _used(made, state, number, enabled=word == "enabled")
    return replace(state, notifications=state.notifications * (card.get("waiting") == "yes"))


def _rules(card: Mapping[str, str]) -> frozenset[int] | None:
    """Returns the policy rules of the Profiles, None for none.

    Raises:
        ConfigError: no such rule.
    """
    named = {"ppr1": PprId.ppr1, "ppr2": PprId.ppr2}
    if (word := card.get("rules")) is None:
        return None
    if word not in named:
        raise ConfigError(f"[card] rules = {word!r}: expected {' or '.join(named)}")
    return frozenset({named[word]})


def _with_profile(state: CardState, number: int, rules: frozenset[int] | None) -> CardState:
    """Returns a state with one more Profile, as the download from the operator's server left it."""
    what = ProfileParameters(
        iccid=_iccid(number),
        imsi=f"99970000000{number:04d}",
        ki=bytes((0xA0 + number,)) * 16,
        spn="Operator",
        profile_name=f"Subscription {number}",
        kic=bytes((0xB0 + number,)) * 16,
        kid=bytes((0xC0 + number,)) * 16,
        dek=bytes((0xD0 + number,)) * 16,
        ppr=rules,
        notification_configuration=(
            NotificationConfigurationInformation(
                profile_management_operation=frozenset(NotificationEvent),
                notification_address=FOREIGN_ADDRESS,
            ),
        ),
    )
    *others, added = with_preloaded(state, make_profile(what)).profiles
    loaded = replace(
        added,
        field_loaded=True,
        nickname=f"My card {number}",
        ci_pkid=next(one.ci_pkid for one in state.credentials if one.signs),
        smdp_oid=_OPERATOR,
    )
    return replace(state, profiles=(*others, loaded))


def _used(options: TargetOptions, state: CardState, number: int, *, enabled: bool) -> CardState:
    """Returns a state after the Profile was enabled, and disabled again unless it stays so."""
    store = MemoryStore(state)
    kind = preset_named(USUAL)
    made = Euicc(state, store, SeededRng(options.seed.encode()), decided(kind, ()))
    card = Card(_Link(made))
    card.reset()
    local_management.enable_profile(card, _iccid(number))
    if not enabled:
        local_management.disable_profile(card, _iccid(number))
    return store.load() or state


class _Link:
    """The link to a card that is being made."""

    def __init__(self, card: Euicc) -> None:
        self._card = card

    def transmit(self, command: bytes) -> bytes:
        """Passes a command to the card and returns the response."""
        return self._card.transmit(command)

    def reset(self) -> bytes:
        """Resets the card and returns its ATR."""
        return self._card.reset()

    def close(self) -> None:
        """Does nothing."""


def _iccid(number: int) -> Iccid:
    return Iccid.from_digits(f"899970100000000{number:04d}")


def _credentials(options: TargetOptions, card: Mapping[str, str]) -> Pki:
    """Returns the credentials that the card is personalised with.

    Raises:
        ConfigError: no such CI or curve.
    """
    pki = options.pki
    if (ci := card.get("ci")) is not None:
        if ci != "other":
            raise ConfigError(f'[card] ci = {ci!r}: expected "other"')
        pki = make_pki(_OTHER_CI, eid=options.eid) if options.eid else make_pki(_OTHER_CI)
    words = card.get("curves", "").split()
    if unknown := sorted(set(words) - {str(curve) for curve in Curve}):
        known = ", ".join(map(str, Curve))
        raise ConfigError(f"[card] curves = {', '.join(unknown)}: expected {known}")
    if not words:
        return pki
    return Pki(tuple(one for one in pki.credentials if one.certificate.curve in words))
