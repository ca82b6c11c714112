"""Faults of the other form of a rule: on a further channel, after a reset, of a part left out.

Each is a card that was tried on one channel, in one power-up, or with what is sent changed and
nothing left out.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from rspcore import tlv
from rspcore.apdu import CommandApdu, Ins
from rspcore.crypto.keys import PublicKey
from rspcore.errors import DecodeError
from rspcore.status import StatusWord
from rspcore.tags import Tag
from rspsim.euicc import channels, startup
from rspsim.euicc.decisions import Decision
from rspsim.euicc.isdr.es10b import authenticate_server, cancel_session, get_rat, prepare_download
from rspsim.euicc.isdr.es10c import enable_profile, euicc_memory_reset, set_nickname
from rspsim.euicc.load import segments
from rspsim.euicc.load.es8p import initialise_secure_channel
from rspsim.euicc.load_progress import LoadPosition
from rspsim.euicc.outcome import Outcome, View
from rspsim.euicc.profile_content.model import FileKind, FileSystem, LifeCycle
from rspsim.euicc.state import CardState
from rspsim.euicc.uicc.commands.table import Handler
from rspsim.faults.card.card_fault import CardFault, Change, behind, swap
from rspsim.faults.card.handler_changes import instead

__all__ = ["FAULTS"]

_FIRST: Final = 1
"""Channel that a terminal is given first."""
_SIGNATURE: Final = 3 + 64
_POINT: Final = 3 + 65
"""Octets of a signature and of a point, with tag and length."""


def _nothing_on_a_further_channel(outcome: Outcome, view: View) -> Outcome:
    """Answers as on any channel and leaves the state as it was."""
    further = view.channel_number > _FIRST
    return replace(outcome, state=view.state) if further else outcome


def _refused_on_a_further_channel(outcome: Outcome, view: View) -> Outcome:
    further = view.channel_number > _FIRST
    return view.refuse(StatusWord.CONDITIONS_NOT_SATISFIED) if further else outcome


def _session_kept_on_a_further_channel(outcome: Outcome, view: View) -> Outcome:
    further = view.channel_number > _FIRST
    return replace(outcome, volatile=view.volatile) if further else outcome


def _credentials_turned(state: CardState, /) -> CardState:
    return replace(state, credentials=tuple(reversed(state.credentials)))


def _lists_forgotten(state: CardState, /) -> CardState:
    return replace(state, crls=())


def _one_buffer(view: View) -> View:
    """Gives a channel on which nothing waits what waits on another."""
    own = view.channel
    if own.response:
        return view
    waiting = next((one for one in view.volatile.channels if one and one.response), None)
    if waiting is None:
        return view
    return view.with_channel(
        replace(own, response=waiting.response, response_sw=waiting.response_sw)
    )


_Verifies = Callable[[PublicKey, bytes, bytes], bool]


def _verifying(decision: Decision[Any], way: _Verifies) -> Change:
    return lambda decisions: decisions.having(decision, way)


def _also_without(tag: int) -> _Verifies:
    """Returns a verification that also takes a signature over a structure without one part."""

    def verifies(key: PublicKey, signature: bytes, data: bytes) -> bool:
        if key.verify(signature, data):
            return True
        try:
            parts = tlv.parse(data).children()
        except DecodeError:
            return False
        less = b"".join(bytes(one.raw) for one in parts if one.tag != tag)
        return key.verify(signature, tlv.encode(Tag.Sequence, less))

    return verifies


def _also_without_the_last(octets: int) -> _Verifies:
    """Returns a verification that also takes a signature over data without their end."""

    def verifies(key: PublicKey, signature: bytes, data: bytes) -> bool:
        return key.verify(signature, data) or key.verify(signature, data[:-octets])

    return verifies


def _lost_on_a_further_channel(handler: Handler) -> Handler:
    def run(command: CommandApdu, view: View) -> Outcome:
        outcome = handler(command, view)
        return replace(outcome, state=view.state) if view.channel_number else outcome

    return run


def _first_record_lost(state: CardState, /) -> CardState:
    """Forgets, at a reset, the newest record of each cyclic file beside which others stand."""
    profile = state.enabled_profile
    if profile is None:
        return state
    files = tuple(
        replace(one, body=one.body[one.record_length :] + one.body[: one.record_length])
        if one.kind is FileKind.CYCLIC
        else one
        for one in profile.content.files.files
    )
    content = replace(profile.content, files=FileSystem(files))
    return state.with_profile(replace(profile, content=content))


def _activated(outcome: Outcome, view: View) -> Outcome:
    """Activates the files of each Profile that was Disabled."""
    state = outcome.state
    for profile in state.profiles:
        if profile.aid != getattr(view.state.enabled_profile, "aid", None):
            files = tuple(
                replace(one, life_cycle=LifeCycle.ACTIVATED)
                if one.life_cycle is LifeCycle.DEACTIVATED
                else one
                for one in profile.content.files.files
            )
            content = replace(profile.content, files=FileSystem(files))
            state = state.with_profile(replace(profile, content=content))
    return replace(outcome, state=state)


_FOLLOWING: Final = {
    **segments.FOLLOWING.standard,
    LoadPosition.CONFIGURED: frozenset({Tag.SequenceOf88, Tag.SecondSequenceOf87}),
}

FAULTS: Final = (
    CardFault(
        "twins.get-rat.first-channel-alone",
        "GetRAT is refused on a further logical channel.",
        ("Transport.StoreData#50",),
        behind(get_rat.GET_RAT, _refused_on_a_further_channel),
    ),
    CardFault(
        "twins.set-nickname.first-channel-alone",
        "SetNickname on a further logical channel says ok and stores nothing.",
        ("Transport.StoreData#51",),
        behind(set_nickname.SET_NICKNAME, _nothing_on_a_further_channel),
    ),
    CardFault(
        "twins.cancel-session.first-channel-alone",
        "CancelSession on a further logical channel leaves the session open.",
        ("Transport.StoreData#52",),
        behind(cancel_session.CANCEL_SESSION, _session_kept_on_a_further_channel),
    ),
    CardFault(
        "twins.reset.keys-in-another-order",
        "After each reset the card lists its CIs in the opposite order.",
        ("Transport.StoreData#53",),
        swap(startup.KEPT, _credentials_turned),
    ),
    CardFault(
        "twins.get-response.one-buffer",
        "All logical channels share one buffer of response data.",
        ("Transport.StoreData#54",),
        swap(channels.FINDS, _one_buffer),
    ),
    CardFault(
        "twins.memory-reset.first-channel-alone",
        "eUICCMemoryReset on a further logical channel says ok and deletes nothing.",
        ("ES10c.eUICCMemoryReset#32",),
        behind(euicc_memory_reset.EUICC_MEMORY_RESET, _nothing_on_a_further_channel),
    ),
    CardFault(
        "twins.load-crl.lost-at-reset",
        "Revocation lists are kept in volatile memory.",
        ("ES10b.LoadCRL#13",),
        swap(startup.KEPT, _lists_forgotten),
    ),
    CardFault(
        "twins.authenticate-server.challenge-not-covered",
        "A serverSignature1 made without serverChallenge is accepted as well.",
        ("ES10b.AuthenticateServer#112",),
        _verifying(authenticate_server.VERIFIES, _also_without(0x84)),
    ),
    CardFault(
        "twins.authenticate-server.address-not-covered",
        "A serverSignature1 made without serverAddress is accepted as well.",
        ("ES10b.AuthenticateServer#113",),
        _verifying(authenticate_server.VERIFIES, _also_without(0x83)),
    ),
    CardFault(
        "twins.prepare-download.answer-not-covered",
        "A smdpSignature2 made without euiccSignature1 is accepted as well.",
        ("ES10b.PrepareDownload#42",),
        _verifying(prepare_download.VERIFIES, _also_without_the_last(_SIGNATURE)),
    ),
    CardFault(
        "twins.initialise-secure-channel.key-not-covered",
        "A smdpSign made without otPK.EUICC is accepted as well.",
        ("ES8+.InitialiseSecureChannel#25",),
        _verifying(initialise_secure_channel.VERIFIES, _also_without_the_last(_POINT)),
    ),
    CardFault(
        "twins.replace-session-keys.before-the-metadata",
        "ReplaceSessionKeys is taken before StoreMetadata.",
        ("ES8+.ReplaceSessionKeys#13",),
        swap(segments.FOLLOWING, _FOLLOWING),
    ),
    CardFault(
        "twins.increase.basic-channel-alone",
        "INCREASE on a further logical channel answers, and leaves the record as it was.",
        ("UICC.KeptContent#01",),
        instead(Ins.INCREASE, _lost_on_a_further_channel),
    ),
    CardFault(
        "twins.cyclic.newest-first-after-reset",
        "After a reset the newest record of a cyclic file counts as the oldest.",
        ("UICC.KeptContent#02",),
        swap(startup.KEPT, _first_record_lost),
    ),
    CardFault(
        "twins.enable-profile.activates-its-files",
        "A Profile that is enabled again has every file activated.",
        ("UICC.KeptContent#03",),
        behind(enable_profile.ENABLE_PROFILE, _activated),
    ),
)
