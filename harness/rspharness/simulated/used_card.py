"""A simulated card as a lab may have it: with Profiles of an operator, and perhaps another CI.

What the table [card] of a target file says beside the keys of a new card (`TargetSettings.card`):

    foreign = "enabled disabled"   # Profiles of an operator: one for each word, in this state
    waiting = "yes"                # their Notifications wait; without it they were delivered
    ci = "other"                   # made under a CI that is not the run's
    curves = "nistP256"            # the curves it has, separated by spaces; all without it

The Profiles are downloaded from a server of the operator's own, have ICCIDs, addresses and keys
that are none of the suites', and a nickname each.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from rspcore.crypto.curves import Curve
from rspcore.errors import ConfigError
from rspcore.ids import Iccid
from rspcore.messages.es10b import NotificationSentRequest
from rspcore.messages.es10c import SetNicknameRequest
from rspcore.messages.metadata import NotificationConfigurationInformation, NotificationEvent
from rspcore.pki.bundle import Pki
from rspcore.pki.generate import make_pki
from rspcore.profile_maker import ProfileParameters
from rspharness.card import expect
from rspharness.card.card_under_test import Card
from rspharness.lpa import local_management
from rspharness.servers.rsp_server import RspServer
from rspharness.simulated.inprocess import InProcessTarget, first_state
from rspharness.targets.target import TargetOptions
from rspsim.euicc.state import CardState

__all__ = ["FOREIGN_ADDRESS", "used_state"]

FOREIGN_ADDRESS: Final = "rsp.operator.test"
"""Address of the operator's server; a reserved domain (RFC 2606)."""

_STATES: Final = ("enabled", "disabled")
_OTHER_CI: Final = b"a CI of somebody else"
_LOADED: Final = datetime(2025, 1, 1, tzinfo=UTC)


def used_state(options: TargetOptions) -> CardState:
    """Makes the card that the table [card] describes and returns its state.

    Raises:
        ConfigError: a word of the table is unknown, or credentials are missing.
        LocalError: no such option of a card, or no such Profile.
    """
    card = options.settings.card
    made = replace(options, pki=_credentials(options, card), card_fault="")
    if not card.get("foreign"):
        return first_state(made)
    target = InProcessTarget(made)
    opened = Card(target.open())
    opened.reset()
    server = RspServer(made.pki, _curve(made.pki), number=2, now=_LOADED)
    server.address = FOREIGN_ADDRESS
    for number, word in enumerate(card["foreign"].split(), 1):
        if word not in _STATES:
            raise ConfigError(f"[card] foreign = {word!r}: expected {' or '.join(_STATES)}")
        _load(opened, server, number, enabled=word == "enabled")
    if card.get("waiting") != "yes":
        for one in opened.notifications():
            expect.ok(opened.send(NotificationSentRequest(seq_number=one.seq_number)))
    state = target.keep()
    if not isinstance(state, CardState):
        raise TypeError(f"expected a CardState, got {type(state).__name__}")
    return state


def _load(card: Card, server: RspServer, number: int, *, enabled: bool) -> None:
    """Downloads a Profile of the operator, and gives it a nickname."""
    what = ProfileParameters(
        iccid=Iccid.from_digits(f"899970100000000{number:04d}"),
        imsi=f"99970000000{number:04d}",
        ki=bytes((0xA0 + number,)) * 16,
        spn="Operator",
        profile_name=f"Subscription {number}",
        kic=bytes((0xB0 + number,)) * 16,
        kid=bytes((0xC0 + number,)) * 16,
        dek=bytes((0xD0 + number,)) * 16,
        notification_configuration=(
            NotificationConfigurationInformation(
                profile_management_operation=frozenset(NotificationEvent),
                notification_address=FOREIGN_ADDRESS,
            ),
        ),
    )
    server.install(card, what)
    nickname = SetNicknameRequest(iccid=what.iccid, profile_nickname=f"My card {number}")
    expect.ok(card.send(nickname))
    if enabled:
        local_management.enable_profile(card, what.iccid)


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


def _curve(pki: Pki) -> Curve:
    return next(iter(pki.curves))
