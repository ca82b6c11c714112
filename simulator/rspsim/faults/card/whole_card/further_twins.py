"""Faults of one form of a function: small blocks, within a session, one curve, short identifier."""

from dataclasses import replace
from typing import Final

from rspcore.apdu import CommandApdu, Ins
from rspcore.crypto.curves import Curve
from rspcore.status import StatusWord
from rspsim.euicc.decisions import Check
from rspsim.euicc.isdr import store_data
from rspsim.euicc.isdr.es10b import get_rat
from rspsim.euicc.isdr.es10c import set_nickname
from rspsim.euicc.outcome import Outcome, View
from rspsim.euicc.profile_content.model import FileKind, ProfileContent
from rspsim.euicc.session_context import IDLE_SESSION
from rspsim.euicc.state import CardState, Profile
from rspsim.euicc.uicc.commands.table import Handler
from rspsim.faults.card.card_fault import CardFault, adds, behind, swap, together
from rspsim.faults.card.handler_changes import instead
from rspsim.faults.card.uicc.content_changes import current_file, with_content

__all__ = ["FAULTS"]

_BRP: Final = Curve.BRAINPOOL_P256R1
_MOST_BLOCKS = 150
_WITHOUT_SFI = 0xE0


def _ended(outcome: Outcome, _view: View) -> Outcome:
    return replace(outcome, volatile=replace(outcome.volatile, session=IDLE_SESSION))


def _came_over_brainpool(state: CardState, profile: Profile | None) -> bool:
    if profile is None:
        return False
    return any(c.ci_pkid == profile.ci_pkid and c.curve is _BRP for c in state.credentials)


def _not_of_brainpool(state: CardState, profile: Profile, nickname: str) -> CardState:
    if _came_over_brainpool(state, profile):
        return state
    return set_nickname.STORED.standard(state, profile, nickname)


def _number_again(state: CardState, profile: Profile, nickname: str) -> CardState:
    stored = set_nickname.STORED.standard(state, profile, nickname)
    return replace(stored, next_seq_number=max(stored.next_seq_number - 1, 0))


def _nothing_written(handler: Handler) -> Handler:
    def run(command: CommandApdu, view: View) -> Outcome:
        outcome = handler(command, view)
        if _came_over_brainpool(view.state, view.state.enabled_profile):
            return replace(outcome, state=view.state)
        return outcome

    return run


def _tries_back(handler: Handler) -> Handler:
    def run(command: CommandApdu, view: View) -> Outcome:
        outcome = handler(command, view)
        if outcome.response.sw != StatusWord.OK:
            return outcome

        def full(content: ProfileContent) -> ProfileContent:
            pins = (replace(p, remaining=p.maximum) for p in content.pins)
            return replace(content, pins=tuple(pins))

        return with_content(outcome, full)

    return run


def _of_the_current(handler: Handler) -> Handler:
    def run(command: CommandApdu, view: View) -> Outcome:
        one = current_file(view)
        known = one is not None and one.kind is FileKind.BER_TLV
        return handler(replace(command, p2=command.p2 & _WITHOUT_SFI) if known else command, view)

    return run


FAULTS: Final = (
    CardFault(
        "twins.store-data.many-blocks",
        "A command of more than 150 blocks is refused.",
        ("Transport.StoreData#56",),
        adds(
            store_data.CHECKS,
            Check("blocks", lambda b: b.chain.blocks < _MOST_BLOCKS, StatusWord.NOT_ENOUGH_MEMORY),
        ),
    ),
    CardFault(
        "twins.get-rat.ends-a-session",
        "GetRAT ends the RSP session.",
        ("Transport.StoreData#57",),
        behind(get_rat.GET_RAT, _ended),
    ),
    CardFault(
        "one-curve.set-nickname.not-stored",
        "The nickname of a Profile that came over brainpoolP256r1 is not stored.",
        ("procedure.Download#12",),
        swap(set_nickname.STORED, _not_of_brainpool),
        curve=_BRP,
    ),
    CardFault(
        "one-curve.update-binary.not-written",
        "UPDATE BINARY writes nothing in a Profile that came over brainpoolP256r1.",
        ("UICC.KeptContent#04",),
        instead(Ins.UPDATE_BINARY, _nothing_written),
        curve=_BRP,
    ),
    CardFault(
        "twins.set-nickname.number-again",
        "SetNickname makes the last number of Notifications the next one.",
        ("procedure.Notifications#19",),
        swap(set_nickname.STORED, _number_again),
    ),
    CardFault(
        "twins.read-binary.gives-tries-back",
        "READ BINARY gives every PIN its tries back.",
        ("UICC.VerifyPin#12",),
        instead(Ins.READ_BINARY, _tries_back),
    ),
    CardFault(
        "twins.ber-tlv.short-identifier-ignored",
        "SET DATA and RETRIEVE DATA by short identifier reach the current BER-TLV file.",
        ("UICC.SetData#06",),
        together(
            instead(Ins.SET_DATA, _of_the_current), instead(Ins.RETRIEVE_DATA, _of_the_current)
        ),
    ),
)
