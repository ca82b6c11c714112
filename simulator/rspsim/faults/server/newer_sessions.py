"""Faults of sessions of version 3: chains and CRLs, RPM, Device Change.

They act at servers of version 3 alone, towards cards and LPAs of version 3.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from rspcore import tlv
from rspcore.errors import DecodeError
from rspcore.ids import Iccid
from rspcore.messages.es9p import InitiateAuthenticationResponse
from rspcore.messages.es10b import ServerSigned1
from rspcore.messages.v3 import server_authentication as v3
from rspcore.messages.v3.device_change import DeviceChangeData, SmdpSigned4
from rspcore.messages.v3.rpm_package import SmdpSigned3
from rspcore.tags import Tag
from rspsim.faults.server.newer_events import SIGNED_EVENTS
from rspsim.faults.server.newer_fault import (
    BIT,
    ID,
    Body,
    flip_of,
    newer_fault,
    transaction_id,
)
from rspsim.faults.server.octet_changes import flip_bit, from_hex, with_member
from rspsim.smdpp import fault_points
from rspsim.smdpp.fault_classes import FaultClass
from rspsim.smdpp.fault_rules import Parameter, between, hexadecimal, of_length

__all__ = ["NEWER"]


_AUTHENTICATE, _CONFIRM = "authenticateClient", "confirmDeviceChange"
_AS_VERSION_2: Final = "card and LPA go on as with a server of version 2 (SGP.22 v3.1, 5.7.13)"


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


def _in_signed5(signed: bytes, value: str) -> bytes:
    parts = tlv.parse(signed).children()
    others = (bytes(one.raw) for one in parts[1:])
    return tlv.encode(Tag.Sequence, tlv.encode(0x80, from_hex("value", value)), *others)


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


def _never_ready(body: Body, minutes: int) -> Body:
    return {**body, "retryDelay": minutes}


def _iccid_rule(value: Parameter) -> str:
    try:
        Iccid.from_digits(str(value))
    except DecodeError:
        return "19 or 20 digits of an ICCID"
    return ""


_MESSAGE, _SIGNATURE, _CHAIN = FaultClass.MESSAGE, FaultClass.SIGNATURE, FaultClass.CHAIN
_SIGNED1: Final = fault_points.SERVER_SIGNED1
_INITIATED: Final = fault_points.INITIATE_AUTHENTICATION_RESPONSE


_INITIATION: Final = (
    newer_fault(
        "es9.session_context.missing",
        _MESSAGE,
        _SIGNED1,
        "serverSigned1 has no sessionContext.",
        _AS_VERSION_2,
        _context(lambda _: None),
    ),
    newer_fault(
        "es9.session_context.crl_stapling_v3_used",
        _MESSAGE,
        _SIGNED1,
        "crlStaplingV3Used does not say whether there are CRLs.",
        "TRUE without CRLs: the card answers AuthenticateServer with missingCrl (5.7.13)",
        _context(_used),
        ({"value": True}, {}),
    ),
    newer_fault(
        "es9.session_context.ci_pkid_v3",
        _MESSAGE,
        _SIGNED1,
        "euiccCiPKIdToBeUsedV3 is a CI that the card did not offer; empty for none.",
        "the card answers AuthenticateServer with ciPKUnknown (SGP.22 v3.1, 5.7.13)",
        _context(_ci_pkid),
        ({"value": "00" * 20}, {"value": hexadecimal(0, 20)}),
    ),
    newer_fault(
        "es9.other_certs_in_chain.missing",
        _CHAIN,
        _INITIATED,
        "otherCertsInChain is missing.",
        "the card answers AuthenticateServer with invalidCertificate (SGP.22 v3.1, 5.7.13)",
        _listed("other_certs_in_chain", lambda _: None),
    ),
    newer_fault(
        "es9.other_certs_in_chain.flip_bit",
        _CHAIN,
        _INITIATED,
        "The last certificate of otherCertsInChain has one bit inverted.",
        "the card answers AuthenticateServer with invalidCertificate (SGP.22 v3.1, 5.7.13)",
        _listed("other_certs_in_chain", _flipped),
        BIT,
    ),
    newer_fault(
        "es9.other_certs_in_chain.repeated",
        _CHAIN,
        _INITIATED,
        "Every certificate of otherCertsInChain stands there twice.",
        "the card answers AuthenticateServer with invalidCertificate (SGP.22 v3.1, 5.7.13)",
        _listed("other_certs_in_chain", lambda parts: tuple(p for p in parts for _ in range(2))),
    ),
    newer_fault(
        "es9.crl_list.missing",
        _CHAIN,
        _INITIATED,
        "crlList is missing although crlStaplingV3Used says that there is one.",
        "the card answers AuthenticateServer with missingCrl (SGP.22 v3.1, 5.7.13)",
        _listed("crl_list", lambda _: None),
    ),
    newer_fault(
        "es9.crl_list.short",
        _CHAIN,
        _INITIATED,
        "crlList lacks the CRL of the last issuer.",
        "the card answers AuthenticateServer with missingCrl (SGP.22 v3.1, 5.7.13)",
        _listed("crl_list", lambda parts: parts[:-1]),
    ),
    newer_fault(
        "es9.crl_list.flip_bit",
        _CHAIN,
        _INITIATED,
        "The last CRL has one bit inverted.",
        "the card answers AuthenticateServer with invalidCrlSignature (SGP.22 v3.1, 5.7.13)",
        _listed("crl_list", _flipped),
        BIT,
    ),
    newer_fault(
        "es9.crl_list.unasked",
        _CHAIN,
        _INITIATED,
        "crlList is there for every client; where there are no CRLs, with one that is none.",
        "a client of version 2 gets what it does not know (SGP.22 v3.1, 5.6.1)",
        _unasked,
    ),
)
_RPM: Final = (
    newer_fault(
        "es9.smdp_signed3.transaction_id",
        _MESSAGE,
        fault_points.SMDP_SIGNED3,
        "smdpSigned3 has another TransactionID and a good signature.",
        "the card answers LoadRpmPackage with invalidTransactionId (SGP.22 v3.1, 5.7)",
        transaction_id,
        ID,
    ),
    flip_of("smdpSignature3", "LoadRpmPackage", "invalidSignature"),
    newer_fault(
        "es9.rpm_package.empty",
        _MESSAGE,
        fault_points.SMDP_SIGNED3,
        "The RPM package has no command.",
        "the LPA cancels the session with invalidRpmPackage (SGP.22 v3.1, 3.7)",
        _no_commands,
    ),
    newer_fault(
        "es9.rpm_package.unknown_command",
        _MESSAGE,
        fault_points.SMDP_SIGNED3,
        "The RPM package has a command that nobody knows.",
        "the LPA cancels the session with invalidRpmPackage (SGP.22 v3.1, 3.7)",
        _unknown_command,
    ),
    newer_fault(
        "es9.rpm_package.another_profile",
        _MESSAGE,
        fault_points.SMDP_SIGNED3,
        "Every command of the RPM package is for another Profile than was ordered.",
        "the card answers the command with iccidOrAidNotFound (SGP.22 v3.1, 5.7)",
        _of_another,
        ({"iccid": "8999901000000000005"}, {"iccid": _iccid_rule}),
    ),
    newer_fault(
        "es9.rpm_pending.untrue",
        _MESSAGE,
        fault_points.SMDP_SIGNED3,
        "rpmPending says that a further package waits.",
        "the LPA asks again, and hears that nothing waits (SGP.22 v3.1, 3.7)",
        _pending,
    ),
)
_CHANGES: Final = (
    newer_fault(
        "es9.smdp_signed4.transaction_id",
        _MESSAGE,
        fault_points.SMDP_SIGNED4,
        "smdpSigned4 has another TransactionID and a good signature.",
        "the card answers with invalidTransactionId (SGP.22 v3.1, 5.7)",
        transaction_id,
        ID,
    ),
    flip_of("smdpSignature4", "PrepareDeviceChange or VerifyProfileRecovery", "invalidSignature"),
    newer_fault(
        "es9.smdp_signed4.cc_required_flag",
        _MESSAGE,
        fault_points.SMDP_SIGNED4,
        "ccRequiredFlag is not what the server asks for.",
        "the LPA asks for a Confirmation Code if and only if the flag is set (SGP.22 v3.1, 3.11)",
        _code_required,
        ({"value": True}, {}),
    ),
    newer_fault(
        "es9.smdp_signed4.recovery_code",
        _MESSAGE,
        fault_points.SMDP_SIGNED4,
        "The activation code of a recovery is another text; empty for none.",
        "the LPA says that there is no activation code (SGP.22 v3.1, 3.11.2)",
        _recovery_code,
        ({"value": ""}, {"value": of_length(0, 255)}),
    ),
    newer_fault(
        "es9.smdp_signed6.transaction_id",
        _MESSAGE,
        fault_points.SMDP_SIGNED6,
        "smdpSigned6 has another TransactionID and a good signature.",
        "the card answers VerifySmdpResponse with invalidTransactionId (SGP.22 v3.1, 5.7)",
        transaction_id,
        ID,
    ),
    flip_of("smdpSignature6", "VerifySmdpResponse", "invalidSignature"),
    newer_fault(
        "es9.check_progress.never_ready",
        _MESSAGE,
        fault_points.JSON,
        "CheckProgress names a further delay each time.",
        "the LPA ends its questions and asks in a new session (SGP.22 v3.1, 3.11.1)",
        _never_ready,
        ({"minutes": 1}, {"minutes": between(1, 1 << 15)}),
        "checkProgress",
    ),
    newer_fault(
        "es9.smdp_signed5.transaction_id",
        _MESSAGE,
        fault_points.SMDP_SIGNED5,
        "smdpSigned5 has another TransactionID and a good signature.",
        "the card answers VerifyDeviceChange with invalidTransactionId (SGP.22 v3.1, 5.7)",
        _in_signed5,
        ID,
    ),
    flip_of("smdpSignature5", "VerifyDeviceChange", "invalidSignature", _CONFIRM),
    newer_fault(
        "es9.change_data.iccid",
        _MESSAGE,
        fault_points.CHANGE_DATA,
        "What a Device Change hands over is of another Profile.",
        "the card answers VerifyDeviceChange with invalidData (SGP.22 v3.1, 5.7)",
        _other_profile,
        ({"iccid": "8999901000000000005"}, {"iccid": _iccid_rule}),
    ),
    newer_fault(
        "es9.change_data.activation_code",
        _MESSAGE,
        fault_points.CHANGE_DATA,
        "The activation code for the next device is another text.",
        "the LPA says that it is none (SGP.22 v3.1, 3.11.1)",
        _other_code,
        ({"value": "none"}, {"value": of_length(0, 255)}),
    ),
    newer_fault(
        "es9.change_data.damaged",
        _MESSAGE,
        fault_points.CHANGE_PROTECTED,
        "The encrypted data of a Device Change have one bit inverted; bit 0 is of their MAC.",
        "the card answers VerifyDeviceChange with invalidData (SGP.22 v3.1, 5.7)",
        _damaged,
        BIT,
    ),
    newer_fault(
        "es9.change_data.key_type",
        _MESSAGE,
        fault_points.CHANGE_PROTECTED,
        "The data of a Device Change are encrypted with a key of an unknown type.",
        "the card answers VerifyDeviceChange with unsupportedCrtValues (SGP.22 v3.1, 5.7)",
        _other_template,
        ({"value": "99"}, {"value": hexadecimal(1, 1)}),
    ),
)


NEWER: Final = (*_INITIATION, *_RPM, *_CHANGES, *SIGNED_EVENTS)
"""Every fault of version 3; to add one, add an entry to the tuple of its part."""
