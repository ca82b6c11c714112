"""Mistakes in transport, ES10 functions and Notifications, from a second list."""

from dataclasses import replace
from typing import Final

from rspcore.apdu import CommandApdu, Ins
from rspcore.errors import DecodeError
from rspcore.ids import Oid, TransactionId
from rspcore.messages.es10b import GetEuiccChallengeResponse, SearchCriteria
from rspcore.messages.es10b.authentication import (
    CtxParamsForCommonAuthentication,
    EuiccSigned1,
)
from rspcore.messages.es10b.download import EuiccCancelSessionSigned
from rspcore.messages.es10c import ProfileInfoListRequest
from rspsim.euicc import channels, startup
from rspsim.euicc.decisions import Check, Decisions
from rspsim.euicc.isdr.es10a import set_default_dp_address
from rspsim.euicc.isdr.es10b import (
    authenticate_server,
    cancel_session,
    get_euicc_challenge,
    prepare_download,
    remove_notification_from_list,
    retrieve_notifications_list,
)
from rspsim.euicc.isdr.es10b.authenticate_server import AuthenticationAttempt
from rspsim.euicc.isdr.es10b.cancel_session import CancelAttempt
from rspsim.euicc.isdr.es10b.list_notification import EventFilter, Pending
from rspsim.euicc.isdr.es10b.prepare_download import DownloadAttempt
from rspsim.euicc.isdr.es10b.remove_notification_from_list import RemovalAttempt
from rspsim.euicc.isdr.es10c import (
    delete_profile,
    euicc_memory_reset,
    get_profiles_info,
    set_nickname,
)
from rspsim.euicc.outcome import Outcome, View
from rspsim.euicc.session_context import AuthenticatedServer
from rspsim.euicc.state import CardState, Profile
from rspsim.faults.card.card_fault import (
    CardFault,
    adds,
    answering_data,
    behind,
    decides,
    skip,
    swap,
    together,
)

__all__ = ["FAULTS", "NOT_CAUGHT"]

_LAST, _MORE, _FULL = 0x91, 0x11, 255
_SWITCHES: Final = (b"\xbf\x31", b"\xbf\x32")
_FLAG_01: Final = b"\x81\x01\x01"
_LOW_OCTET = 0xFF
_SIGNED_OCTET = 127
_UNDEFINED = 127
_RELEASE = 5
"""Octets of one capability: tag, length, major, minor and revision."""
_TAG_LIST = 16


def _full_goes_on(octets: bytes) -> CommandApdu:
    command = CommandApdu.parse(octets)
    full = command.ins == Ins.STORE_DATA and len(command.data) == _FULL
    return replace(command, p1=_MORE) if full and command.p1 == _LAST else command


def _exactly_true(octets: bytes) -> CommandApdu:
    command = CommandApdu.parse(octets)
    if command.data[:2] in _SWITCHES and command.data.endswith(_FLAG_01):
        return replace(command, data=command.data[:-1] + b"\0")
    return command


def _as_a_number(attempt: AuthenticationAttempt) -> EuiccSigned1:
    signed = authenticate_server.SIGNED.standard(attempt)
    octets = signed.transaction_id.octets.lstrip(b"\0") or b"\0"
    return replace(signed, transaction_id=TransactionId(octets))


def _short_address(attempt: AuthenticationAttempt) -> bool:
    return len(attempt.request.server_signed1.server_address) <= _SIGNED_OCTET


def _major_alone(attempt: AuthenticationAttempt) -> EuiccSigned1:
    signed = authenticate_server.SIGNED.standard(attempt)
    octets = signed.ctx_params1
    try:
        given = CtxParamsForCommonAuthentication.decode(octets)
    except DecodeError:
        return signed
    held = given.device_info.device_capabilities.encode()[2:]
    cut = bytearray(held)
    for place in range(0, len(cut), _RELEASE):
        cut[place + 3 : place + _RELEASE] = b"\0\0"
    return replace(signed, ctx_params1=octets.replace(held, bytes(cut)))


def _as_new(attempt: AuthenticationAttempt) -> EuiccSigned1:
    signed = authenticate_server.SIGNED.standard(attempt)
    info = signed.euicc_info2
    whole = attempt.view.state.personality.nvm_size
    free = replace(info.ext_card_resource, free_non_volatile_memory=whole.to_bytes(4, "big"))
    return replace(signed, euicc_info2=replace(info, ext_card_resource=free))


def _owner_begins_alike(attempt: DownloadAttempt) -> bool:
    if attempt.server is None or attempt.presented.oid is None:
        return False
    return _parent(attempt.server.oid) == _parent(attempt.presented.oid)


def _parent(oid: Oid) -> str:
    return oid.dotted.rpartition(".")[0]


def _of_the_last_profile(
    attempt: CancelAttempt, server: AuthenticatedServer
) -> EuiccCancelSessionSigned:
    signed = cancel_session.SIGNED.standard(attempt, server)
    known = [one.smdp_oid for one in attempt.view.state.profiles if one.smdp_oid is not None]
    return replace(signed, smdp_oid=known[-1]) if known else signed


def _still_outstanding(outcome: Outcome, view: View) -> Outcome:
    held = view.session.challenge
    if held is None or view.session.server is not None:
        return outcome
    again = answering_data(outcome, GetEuiccChallengeResponse(euicc_challenge=held).encode())
    session = replace(again.volatile.session, challenge=held)
    return replace(again, volatile=replace(again.volatile, session=session))


def _without_class(octets: bytes) -> CommandApdu:
    command = CommandApdu.parse(octets)
    if command.data[:2] != b"\xbf\x2d" or b"\x5c" not in command.data:
        return command
    try:
        request = ProfileInfoListRequest.decode(command.data)
    except DecodeError:
        return command
    asked = request.search_criteria
    if asked is None or asked.profile_class is None or request.tag_list is None:
        return command
    return replace(command, data=replace(request, search_criteria=None).encode())


def _short_list(tag_list: bytes | None, default: frozenset[int]) -> frozenset[int]:
    short = None if tag_list is None else tag_list[:_TAG_LIST]
    return get_profiles_info.WANTED.standard(short, default)


def _return_forgotten(state: CardState, decisions: Decisions, profile: Profile) -> CardState:
    return replace(delete_profile.REMOVED.standard(state, decisions, profile), return_to=None)


def _no_return_after_reset(state: CardState, /) -> CardState:
    return state if state.return_to is None else replace(state, return_to=None)


def _spares_the_former(state: CardState, options: frozenset[int]) -> tuple[Profile, ...]:
    chosen = euicc_memory_reset.SELECTED.standard(state, options)
    return tuple(one for one in chosen if one.aid != state.return_to)


def _low_octet_removed(state: CardState, seq_number: int) -> CardState:
    number = seq_number & _LOW_OCTET
    left = tuple(n for n in state.notifications if n.seq_number & _LOW_OCTET != number)
    return replace(state, notifications=left)


def _low_octet_found(attempt: RemovalAttempt) -> bool:
    number = attempt.seq_number & _LOW_OCTET
    return any(n.seq_number & _LOW_OCTET == number for n in attempt.state.notifications)


def _small_numbers(
    pending: Pending, criteria: SearchCriteria | None, passes: EventFilter
) -> Pending:
    found = retrieve_notifications_list.FOUND.standard(pending, criteria, passes)
    if criteria is not None and (criteria.seq_number or 0) > _SIGNED_OCTET:
        return ()
    return found


def _host_alone(state: CardState, address: str) -> CardState:
    return set_default_dp_address.STORED.standard(state, address.partition(":")[0])


def _renamed(state: CardState, profile: Profile, nickname: str) -> CardState:
    named = set_nickname.STORED.standard(state, profile, nickname)
    held = named.profile_by_aid(profile.aid)
    if held is None or not nickname:
        return named
    metadata = replace(held.metadata, profile_name=nickname)
    return named.with_profile(replace(held, metadata=metadata))


FAULTS: Final[tuple[CardFault, ...]] = (
    CardFault(
        "unseen.01-full-block-goes-on",
        "A last block of 255 octets is taken as one that more follow.",
        ("Transport.StoreData#02",),
        swap(channels.PARSE, _full_goes_on),
    ),
    CardFault(
        "unseen.02-number-for-transaction",
        "euiccSigned1 has the TransactionID without the zeros that it begins with.",
        ("ES10b.AuthenticateServer#118",),
        swap(authenticate_server.SIGNED, _as_a_number),
    ),
    CardFault(
        "unseen.03-address-of-127",
        "A serverAddress of more than 127 octets is refused.",
        ("Transport.StoreData#04",),
        adds(authenticate_server.CHECKS, Check("short_address", _short_address, _UNDEFINED)),
    ),
    CardFault(
        "unseen.04-major-release-alone",
        "Capabilities of the device are signed with their major release alone.",
        ("ES10b.AuthenticateServer#119",),
        swap(authenticate_server.SIGNED, _major_alone),
    ),
    CardFault(
        "unseen.05-memory-as-new",
        "euiccSigned1 has the free memory of a card without Profiles.",
        ("ES10b.GetEUICCInfo2#28",),
        swap(authenticate_server.SIGNED, _as_new),
    ),
    CardFault(
        "unseen.06-owner-without-last-arc",
        "The last arc of the owner of CERT.DPpb is not compared.",
        ("ES10b.PrepareDownload#27",),
        decides(prepare_download.CHECKS, "same_owner", _owner_begins_alike),
    ),
    CardFault(
        "unseen.07-revoked-pb",
        "CERT.DPpb is not looked for in the revocation lists.",
        ("ES10b.LoadCRL#17",),
        skip(prepare_download.CHECKS, "certificate_not_revoked"),
    ),
    CardFault(
        "unseen.08-cancelled-for-another",
        "CancelSession is signed with the OID of the SM-DP+ of the last Profile.",
        ("ES10b.CancelSession#38",),
        swap(cancel_session.SIGNED, _of_the_last_profile),
    ),
    CardFault(
        "unseen.09-outstanding-challenge-again",
        "While no server was authenticated, a new challenge is the outstanding one.",
        ("ES10b.GetEUICCChallenge#02",),
        behind(get_euicc_challenge.GET_EUICC_CHALLENGE, _still_outstanding),
    ),
    CardFault(
        "unseen.10-class-or-tag-list",
        "A search by class finds every Profile when there is a tag list.",
        ("ES10c.GetProfilesInfo#57",),
        swap(channels.PARSE, _without_class),
    ),
    CardFault(
        "unseen.12-true-is-ff",
        "A refreshFlag of 01 is taken as FALSE.",
        ("ES10c.EnableProfile#58",),
        swap(channels.PARSE, _exactly_true),
    ),
    CardFault(
        "unseen.13-deletion-forgets-return",
        "Any deletion forgets the Profile to return to after a test Profile.",
        ("ES10c.DisableProfile#33",),
        swap(delete_profile.REMOVED, _return_forgotten),
    ),
    CardFault(
        "unseen.14-reset-forgets-return",
        "A reset forgets the Profile to return to after a test Profile.",
        ("ES10c.DisableProfile#33",),
        swap(startup.KEPT, _no_return_after_reset),
    ),
    CardFault(
        "unseen.15-former-spared",
        "A memory reset keeps the Profile to return to after a test Profile.",
        ("ES10c.eUICCMemoryReset#33",),
        swap(euicc_memory_reset.SELECTED, _spares_the_former),
    ),
    CardFault(
        "unseen.16-low-octet-removed",
        "RemoveNotificationFromList compares the last octet of a number.",
        ("ES10b.RemoveNotificationFromList#11",),
        together(
            swap(remove_notification_from_list.REMOVED, _low_octet_removed),
            decides(remove_notification_from_list.CHECKS, "found", _low_octet_found),
        ),
    ),
    CardFault(
        "unseen.17-numbers-up-to-127",
        "A search by number finds none above 127.",
        ("ES10b.ListNotification#17",),
        swap(retrieve_notifications_list.FOUND, _small_numbers),
    ),
    CardFault(
        "unseen.18-no-port",
        "The default SM-DP+ address is kept without its port.",
        ("ES10a.SetDefaultDpAddress#16",),
        swap(set_default_dp_address.STORED, _host_alone),
    ),
    CardFault(
        "unseen.19-nickname-is-the-name",
        "A nickname takes the place of the Profile name as well.",
        (
            "ES10c.GetProfilesInfo#01",
            "ES10c.GetProfilesInfo#32",
        ),
        swap(set_nickname.STORED, _renamed),
    ),
)

NOT_CAUGHT: Final[tuple[CardFault, ...]] = (
    CardFault(
        "unseen.11-tag-list-of-16",
        "A tag list is read up to its sixteenth octet.",
        (),
        swap(get_profiles_info.WANTED, _short_list),
    ),
)
"""Mistakes that no strict verdict finds; they are no faults to choose until a case does."""
