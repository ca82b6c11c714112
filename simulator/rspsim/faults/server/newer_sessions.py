"""Faults of sessions of version 3: chains and CRLs, RPM, Device Change, signed lists of events.

They act at servers of version 3 alone, towards cards and LPAs of version 3.
"""

import base64
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from rspcore import tlv
from rspcore.errors import DecodeError
from rspcore.ids import Iccid, TransactionId
from rspcore.messages.es9p import InitiateAuthenticationResponse
from rspcore.messages.es10b import ServerSigned1
from rspcore.messages.v3 import server_authentication as v3
from rspcore.messages.v3.device_change import DeviceChangeData, SmdpSigned4
from rspcore.messages.v3.event_lists import EventList, EventRecordV3, EventType
from rspcore.messages.v3.rpm_package import SmdpSigned3
from rspcore.tags import Tag
from rspsim.faults.server.octet_changes import ANY_BIT, flip_bit, from_hex, with_member
from rspsim.smdpp import fault_points
from rspsim.smdpp.fault_classes import FaultClass
from rspsim.smdpp.fault_points import Point
from rspsim.smdpp.fault_rules import Parameter, Rule, between, hexadecimal, of_length, one_of
from rspsim.smdpp.fault_switch import ServerFault

__all__ = ["NEWER"]

_OTHER_ID: Final = "FF" * 16
_AUTHENTICATE, _CONFIRM = "authenticateClient", "confirmDeviceChange"
_AS_VERSION_2: Final = "card and LPA go on as with a server of version 2 (SGP.22 v3.1, 5.7.13)"
_Body = dict[str, object]


def _context(change: Callable[..., v3.SessionContext | None]) -> Callable[..., ServerSigned1]:
    """Returns a change of sessionContext, where a server of version 3 sends one."""

    def changed(signed: ServerSigned1, **given: Parameter) -> ServerSigned1:
        if not isinstance(signed, v3.ServerSigned1) or signed.session_context is None:
            return signed
        return replace(signed, session_context=change(signed.session_context, **given))

    return changed


def _used(context: v3.SessionContext, value: bool) -> v3.SessionContext:  # noqa: FBT001  a parameter
    return replace(context, crl_stapling_v3_used=value)


def _ci_pkid(context: v3.SessionContext, value: str) -> v3.SessionContext:
    return replace(context, euicc_ci_pkid_to_be_used_v3=from_hex("value", value) or None)


def _listed(
    member: str, change: Callable[..., tuple[bytes, ...] | None]
) -> Callable[..., InitiateAuthenticationResponse]:
    """Returns a change of a list of certificates or CRLs; one that is not there stays away."""

    def changed(
        response: InitiateAuthenticationResponse, **given: Parameter
    ) -> InitiateAuthenticationResponse:
        value = getattr(response, member)
        return response if not value else with_member(response, member, change(value, **given))

    return changed


def _flipped(parts: tuple[bytes, ...], bit: int) -> tuple[bytes, ...]:
    return (*parts[:-1], flip_bit(parts[-1], bit))


def _unasked(response: InitiateAuthenticationResponse) -> InitiateAuthenticationResponse:
    return replace(response, crl_list=response.crl_list or (tlv.encode(Tag.Sequence),))


def _transaction_id(signed: Any, value: str) -> Any:
    return replace(signed, transaction_id=TransactionId(from_hex("value", value)))


def _in_signed5(signed: bytes, value: str) -> bytes:
    parts = tlv.parse(signed).children()
    others = (bytes(one.raw) for one in parts[1:])
    return tlv.encode(Tag.Sequence, tlv.encode(0x80, from_hex("value", value)), *others)


def _flip_member(member: str) -> Callable[..., _Body]:
    """Returns a change that inverts one bit of a member in base64, where an answer has it."""

    def changed(body: _Body, bit: int) -> _Body:
        value = body.get(member)
        if not isinstance(value, str):
            return body
        octets = flip_bit(base64.b64decode(value), bit)
        return {**body, member: base64.b64encode(octets).decode("ascii")}

    return changed


def _no_commands(package: SmdpSigned3) -> SmdpSigned3:
    return replace(package, rpm_package=())


def _unknown_command(package: SmdpSigned3) -> SmdpSigned3:
    return replace(package, rpm_package=(tlv.encode(Tag.Sequence, tlv.encode(0xA7)),))


def _of_another(package: SmdpSigned3, iccid: str) -> SmdpSigned3:
    wanted = tlv.encode(Tag.Iccid, Iccid.from_digits(iccid).octets)
    return replace(
        package, rpm_package=tuple(_with_iccid(one, wanted) for one in package.rpm_package)
    )


def _with_iccid(octets: bytes, wanted: bytes) -> bytes:
    """Returns a data object with each ICCID inside replaced."""
    one = tlv.parse(octets)
    if one.tag == Tag.Iccid:
        return wanted
    if not one.constructed:
        return bytes(one.raw)
    return tlv.encode(one.tag, *(_with_iccid(bytes(part.raw), wanted) for part in one.children()))


def _pending(package: SmdpSigned3) -> SmdpSigned3:
    return replace(package, rpm_pending=True)


def _code_required(offer: SmdpSigned4, value: bool) -> SmdpSigned4:  # noqa: FBT001  a parameter
    return replace(offer, cc_required_flag=value)


def _recovery_code(offer: SmdpSigned4, value: str) -> SmdpSigned4:
    if offer.activation_code_for_profile_recovery is None:
        return offer
    return replace(offer, activation_code_for_profile_recovery=value or None)


def _other_profile(data: DeviceChangeData, iccid: str) -> DeviceChangeData:
    return replace(data, iccid=Iccid.from_digits(iccid))


def _other_code(data: DeviceChangeData, value: str) -> DeviceChangeData:
    return replace(data, activation_code_for_dc=value)


def _damaged(whole: bytes, bit: int) -> bytes:
    return flip_bit(whole, bit)


def _other_template(whole: bytes, value: str) -> bytes:
    """Returns encryptedDeviceChangeData with another key type in its controlRefTemplate (A6)."""
    template, *others = tlv.parse(whole).children()
    parts = (
        tlv.encode(0x80, from_hex("value", value)) if one.tag == 0x80 else bytes(one.raw)
        for one in template.children()
    )
    return tlv.encode(0xA1, tlv.encode(0xA6, *parts), *(bytes(one.raw) for one in others))


def _never_ready(body: _Body, minutes: int) -> _Body:
    return {**body, "retryDelay": minutes}


def _entries(change: Callable[..., tuple[EventRecordV3, ...]]) -> Callable[..., EventList]:
    def changed(listed: EventList, **given: Parameter) -> EventList:
        return replace(listed, event_entries=change(listed.event_entries, **given))

    return changed


def _no_entries(_: tuple[EventRecordV3, ...]) -> tuple[EventRecordV3, ...]:
    return ()


def _elsewhere(entries: tuple[EventRecordV3, ...], address: str) -> tuple[EventRecordV3, ...]:
    return tuple(replace(one, rsp_server_address=address) for one in entries)


def _of_type(entries: tuple[EventRecordV3, ...], kind: str) -> tuple[EventRecordV3, ...]:
    return tuple(replace(one, event_type=EventType[kind]) for one in entries)


def _no_ec_id(listed: EventList) -> EventList:
    return replace(listed, ec_id=None)


def _plain_list(body: _Body) -> _Body:
    """Returns the answer of version 2 in place of a signed one: the list with nothing in it."""
    if "smdsSigned2" not in body:
        return body
    left = {name: one for name, one in body.items() if not name.startswith("smds")}
    return {**left, "eventEntries": []}


def _always(body: _Body, value: bool) -> _Body:  # noqa: FBT001  a parameter
    return {**body, "isPendingEvent": value} if "isPendingEvent" in body else body


def _iccid_rule(value: Parameter) -> str:
    try:
        Iccid.from_digits(str(value))
    except DecodeError:
        return "19 or 20 digits of an ICCID"
    return ""


_ID: Final = ({"value": _OTHER_ID}, {"value": hexadecimal(1, 16)})
_BIT: Final = ({"bit": 0}, {"bit": ANY_BIT})
_NO_PARAMETERS: Final[tuple[dict[str, Parameter], dict[str, Rule]]] = ({}, {})


def _fault(  # noqa: PLR0913, PLR0917  what a fault is made of, each part once
    name: str,
    kind: FaultClass,
    point: Point[Any],
    summary: str,
    expected: str,
    change: Callable[..., Any],
    given: tuple[dict[str, Any], dict[str, Rule]] = _NO_PARAMETERS,
    function: str = "",
) -> ServerFault:
    parameters, rules = given
    return ServerFault(
        name=name,
        kind=kind,
        point=point,
        summary=summary,
        expected=expected,
        change=change,
        parameters=parameters,
        rules=rules,
        function=function,
    )


_MESSAGE, _SIGNATURE, _CHAIN = FaultClass.MESSAGE, FaultClass.SIGNATURE, FaultClass.CHAIN
_SIGNED1: Final = fault_points.SERVER_SIGNED1
_INITIATED: Final = fault_points.INITIATE_AUTHENTICATION_RESPONSE


def _flip_of(member: str, what: str, code: str, function: str = _AUTHENTICATE) -> ServerFault:
    """Returns the fault of a signature that is changed afterwards."""
    interface = "es11" if member.startswith("smds") else "es9"
    return _fault(
        f"{interface}.{_snake(member)}.flip_bit",
        _SIGNATURE,
        fault_points.JSON,
        f"{member} has one bit inverted; bit 0 is the last of all.",
        f"the card answers {what} with {code} (SGP.22 v3.1, 5.7)",
        _flip_member(member),
        _BIT,
        function,
    )


def _snake(member: str) -> str:
    return "".join(f"_{one.lower()}" if one.isupper() else one for one in member)


_INITIATION: Final = (
    _fault(
        "es9.session_context.missing",
        _MESSAGE,
        _SIGNED1,
        "serverSigned1 has no sessionContext.",
        _AS_VERSION_2,
        _context(lambda _: None),
    ),
    _fault(
        "es9.session_context.crl_stapling_v3_used",
        _MESSAGE,
        _SIGNED1,
        "crlStaplingV3Used does not say whether there are CRLs.",
        "TRUE without CRLs: the card answers AuthenticateServer with missingCrl (5.7.13)",
        _context(_used),
        ({"value": True}, {}),
    ),
    _fault(
        "es9.session_context.ci_pkid_v3",
        _MESSAGE,
        _SIGNED1,
        "euiccCiPKIdToBeUsedV3 is a CI that the card did not offer; empty for none.",
        "the card answers AuthenticateServer with ciPKUnknown (SGP.22 v3.1, 5.7.13)",
        _context(_ci_pkid),
        ({"value": "00" * 20}, {"value": hexadecimal(0, 20)}),
    ),
    _fault(
        "es9.other_certs_in_chain.missing",
        _CHAIN,
        _INITIATED,
        "otherCertsInChain is missing.",
        "the card answers AuthenticateServer with invalidCertificate (SGP.22 v3.1, 5.7.13)",
        _listed("other_certs_in_chain", lambda _: None),
    ),
    _fault(
        "es9.other_certs_in_chain.flip_bit",
        _CHAIN,
        _INITIATED,
        "The last certificate of otherCertsInChain has one bit inverted.",
        "the card answers AuthenticateServer with invalidCertificate (SGP.22 v3.1, 5.7.13)",
        _listed("other_certs_in_chain", _flipped),
        _BIT,
    ),
    _fault(
        "es9.other_certs_in_chain.repeated",
        _CHAIN,
        _INITIATED,
        "Every certificate of otherCertsInChain stands there twice.",
        "the card answers AuthenticateServer with invalidCertificate (SGP.22 v3.1, 5.7.13)",
        _listed("other_certs_in_chain", lambda parts: tuple(p for p in parts for _ in range(2))),
    ),
    _fault(
        "es9.crl_list.missing",
        _CHAIN,
        _INITIATED,
        "crlList is missing although crlStaplingV3Used says that there is one.",
        "the card answers AuthenticateServer with missingCrl (SGP.22 v3.1, 5.7.13)",
        _listed("crl_list", lambda _: None),
    ),
    _fault(
        "es9.crl_list.short",
        _CHAIN,
        _INITIATED,
        "crlList lacks the CRL of the last issuer.",
        "the card answers AuthenticateServer with missingCrl (SGP.22 v3.1, 5.7.13)",
        _listed("crl_list", lambda parts: parts[:-1]),
    ),
    _fault(
        "es9.crl_list.flip_bit",
        _CHAIN,
        _INITIATED,
        "The last CRL has one bit inverted.",
        "the card answers AuthenticateServer with invalidCrlSignature (SGP.22 v3.1, 5.7.13)",
        _listed("crl_list", _flipped),
        _BIT,
    ),
    _fault(
        "es9.crl_list.unasked",
        _CHAIN,
        _INITIATED,
        "crlList is there for every client; where there are no CRLs, with one that is none.",
        "a client of version 2 gets what it does not know (SGP.22 v3.1, 5.6.1)",
        _unasked,
    ),
)
_RPM: Final = (
    _fault(
        "es9.smdp_signed3.transaction_id",
        _MESSAGE,
        fault_points.SMDP_SIGNED3,
        "smdpSigned3 has another TransactionID and a good signature.",
        "the card answers LoadRpmPackage with invalidTransactionId (SGP.22 v3.1, 5.7)",
        _transaction_id,
        _ID,
    ),
    _flip_of("smdpSignature3", "LoadRpmPackage", "invalidSignature"),
    _fault(
        "es9.rpm_package.empty",
        _MESSAGE,
        fault_points.SMDP_SIGNED3,
        "The RPM package has no command.",
        "the LPA cancels the session with invalidRpmPackage (SGP.22 v3.1, 3.7)",
        _no_commands,
    ),
    _fault(
        "es9.rpm_package.unknown_command",
        _MESSAGE,
        fault_points.SMDP_SIGNED3,
        "The RPM package has a command that nobody knows.",
        "the LPA cancels the session with invalidRpmPackage (SGP.22 v3.1, 3.7)",
        _unknown_command,
    ),
    _fault(
        "es9.rpm_package.another_profile",
        _MESSAGE,
        fault_points.SMDP_SIGNED3,
        "Every command of the RPM package is for another Profile than was ordered.",
        "the card answers the command with iccidOrAidNotFound (SGP.22 v3.1, 5.7)",
        _of_another,
        ({"iccid": "8999901000000000005"}, {"iccid": _iccid_rule}),
    ),
    _fault(
        "es9.rpm_pending.untrue",
        _MESSAGE,
        fault_points.SMDP_SIGNED3,
        "rpmPending says that a further package waits.",
        "the LPA asks again, and hears that nothing waits (SGP.22 v3.1, 3.7)",
        _pending,
    ),
)
_CHANGES: Final = (
    _fault(
        "es9.smdp_signed4.transaction_id",
        _MESSAGE,
        fault_points.SMDP_SIGNED4,
        "smdpSigned4 has another TransactionID and a good signature.",
        "the card answers with invalidTransactionId (SGP.22 v3.1, 5.7)",
        _transaction_id,
        _ID,
    ),
    _flip_of("smdpSignature4", "PrepareDeviceChange or VerifyProfileRecovery", "invalidSignature"),
    _fault(
        "es9.smdp_signed4.cc_required_flag",
        _MESSAGE,
        fault_points.SMDP_SIGNED4,
        "ccRequiredFlag is not what the server asks for.",
        "the LPA asks for a Confirmation Code if and only if the flag is set (SGP.22 v3.1, 3.11)",
        _code_required,
        ({"value": True}, {}),
    ),
    _fault(
        "es9.smdp_signed4.recovery_code",
        _MESSAGE,
        fault_points.SMDP_SIGNED4,
        "The activation code of a recovery is another text; empty for none.",
        "the LPA says that there is no activation code (SGP.22 v3.1, 3.11.2)",
        _recovery_code,
        ({"value": ""}, {"value": of_length(0, 255)}),
    ),
    _fault(
        "es9.smdp_signed6.transaction_id",
        _MESSAGE,
        fault_points.SMDP_SIGNED6,
        "smdpSigned6 has another TransactionID and a good signature.",
        "the card answers VerifySmdpResponse with invalidTransactionId (SGP.22 v3.1, 5.7)",
        _transaction_id,
        _ID,
    ),
    _flip_of("smdpSignature6", "VerifySmdpResponse", "invalidSignature"),
    _fault(
        "es9.check_progress.never_ready",
        _MESSAGE,
        fault_points.JSON,
        "CheckProgress names a further delay each time.",
        "the LPA ends its questions and asks in a new session (SGP.22 v3.1, 3.11.1)",
        _never_ready,
        ({"minutes": 1}, {"minutes": between(1, 1 << 15)}),
        "checkProgress",
    ),
    _fault(
        "es9.smdp_signed5.transaction_id",
        _MESSAGE,
        fault_points.SMDP_SIGNED5,
        "smdpSigned5 has another TransactionID and a good signature.",
        "the card answers VerifyDeviceChange with invalidTransactionId (SGP.22 v3.1, 5.7)",
        _in_signed5,
        _ID,
    ),
    _flip_of("smdpSignature5", "VerifyDeviceChange", "invalidSignature", _CONFIRM),
    _fault(
        "es9.change_data.iccid",
        _MESSAGE,
        fault_points.CHANGE_DATA,
        "What a Device Change hands over is of another Profile.",
        "the card answers VerifyDeviceChange with invalidData (SGP.22 v3.1, 5.7)",
        _other_profile,
        ({"iccid": "8999901000000000005"}, {"iccid": _iccid_rule}),
    ),
    _fault(
        "es9.change_data.activation_code",
        _MESSAGE,
        fault_points.CHANGE_DATA,
        "The activation code for the next device is another text.",
        "the LPA says that it is none (SGP.22 v3.1, 3.11.1)",
        _other_code,
        ({"value": "none"}, {"value": of_length(0, 255)}),
    ),
    _fault(
        "es9.change_data.damaged",
        _MESSAGE,
        fault_points.CHANGE_PROTECTED,
        "The encrypted data of a Device Change have one bit inverted; bit 0 is of their MAC.",
        "the card answers VerifyDeviceChange with invalidData (SGP.22 v3.1, 5.7)",
        _damaged,
        _BIT,
    ),
    _fault(
        "es9.change_data.key_type",
        _MESSAGE,
        fault_points.CHANGE_PROTECTED,
        "The data of a Device Change are encrypted with a key of an unknown type.",
        "the card answers VerifyDeviceChange with unsupportedCrtValues (SGP.22 v3.1, 5.7)",
        _other_template,
        ({"value": "99"}, {"value": hexadecimal(1, 1)}),
    ),
)
_SIGNED_EVENTS: Final = (
    _fault(
        "es11.smds_signed2.transaction_id",
        _MESSAGE,
        fault_points.SMDS_SIGNED2,
        "smdsSigned2 has another TransactionID and a good signature.",
        "the card answers VerifySmdsResponse with invalidTransactionId (SGP.22 v3.1, 5.7)",
        _transaction_id,
        _ID,
    ),
    _flip_of("smdsSignature2", "VerifySmdsResponse", "invalidSignature"),
    _fault(
        "es11.event_list.none",
        _MESSAGE,
        fault_points.EVENT_LIST,
        "No event is in the signed list.",
        "the LPA finds nothing that waits (SGP.22 v3.1, 3.6)",
        _entries(_no_entries),
    ),
    _fault(
        "es11.event_list.address",
        _MESSAGE,
        fault_points.EVENT_LIST,
        "Every event of the signed list has another address.",
        "the LPA asks the servers of the entries that it gets (SGP.22 v3.1, 3.6)",
        _entries(_elsewhere),
        ({"address": "other.example.com"}, {"address": of_length(1, 255)}),
    ),
    _fault(
        "es11.event_list.type",
        _MESSAGE,
        fault_points.EVENT_LIST,
        "Every event of the signed list is of another type.",
        "the LPA asks for what the type says, and hears that it does not wait (SGP.22 v3.1, 3.6)",
        _entries(_of_type),
        ({"kind": "rpmEvent"}, {"kind": one_of(*EventType.__members__)}),
    ),
    _fault(
        "es11.event_list.no_ec_id",
        _MESSAGE,
        fault_points.EVENT_LIST,
        "The signed list has no ecId for an LPA that checks for events.",
        "the LPA asks with its card each time (SGP.22 v3.1, 3.6)",
        _no_ec_id,
    ),
    _fault(
        "es11.signed_list.plain",
        _MESSAGE,
        fault_points.JSON,
        "A card and an LPA of version 3 get the list of version 2, with nothing in it.",
        "the LPA finds nothing that waits (SGP.22 v3.1, 5.8)",
        _plain_list,
        function=_AUTHENTICATE,
    ),
    _fault(
        "es11.check_event.constant",
        _MESSAGE,
        fault_points.JSON,
        "CheckEvent says the same each time.",
        "the LPA asks with its card although nothing waits, or does not (SGP.22 v3.1, 5.8)",
        _always,
        ({"value": True}, {}),
        "checkEvent",
    ),
)
NEWER: Final = (*_INITIATION, *_RPM, *_CHANGES, *_SIGNED_EVENTS)
"""Every fault of version 3; to add one, add an entry to the tuple of its part."""
