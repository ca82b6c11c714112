"""A message of ES9+ in words: each member decoded as far as it can be read.

A member that is an ASN.1 object is read as the message it is; what is none, or cannot be read so,
is a tree of TLVs. Octets are hexadecimal.
"""

from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any, Final

from rspcore import tlv
from rspcore.errors import DecodeError
from rspcore.messages.codec import Structure
from rspcore.messages.es10b import (
    AuthenticateServerResponse,
    CancelSessionResponse,
    PrepareDownloadResponse,
    ServerSigned1,
    SmdpSigned2,
)
from rspcore.messages.euicc_info import EuiccInfo1
from rspcore.messages.json_codec import load_object
from rspcore.messages.metadata import StoreMetadataRequest
from rspcore.messages.notifications import OtherSignedNotification, ProfileInstallationResult
from rspcore.pki.certificate import Certificate
from rspcore.tags import Tag

__all__ = ["decoded_body"]

_MESSAGES: Final[Mapping[str, tuple[type[Structure], ...]]] = {
    "euiccInfo1": (EuiccInfo1,),
    "serverSigned1": (ServerSigned1,),
    "authenticateServerResponse": (AuthenticateServerResponse,),
    "profileMetadata": (StoreMetadataRequest,),
    "smdpSigned2": (SmdpSigned2,),
    "prepareDownloadResponse": (PrepareDownloadResponse,),
    "cancelSessionResponse": (CancelSessionResponse,),
    "pendingNotification": (ProfileInstallationResult, OtherSignedNotification),
}
_CERTIFICATES: Final = frozenset(("serverCertificate", "smdpCertificate"))
_TREES: Final = frozenset(("boundProfilePackage", "euiccCiPKIdToBeUsed"))
_LONGEST_OCTETS: Final = 80
_MOST_ELEMENTS: Final = 100


def decoded_body(body: bytes) -> object:
    """Returns a body as a JSON value for people; a text when it is no JSON object."""
    try:
        members = load_object(body)
    except DecodeError:
        return body.decode("utf-8", "replace")
    return {name: _member(name, value) for name, value in members.items()}


def _member(name: str, value: Any) -> object:
    if not isinstance(value, str) or name not in {*_MESSAGES, *_CERTIFICATES, *_TREES}:
        return value
    try:
        octets = b64decode(value, validate=True)
    except (Base64Error, ValueError):
        return value
    for kind in _MESSAGES.get(name, ()):
        try:
            return _shown(kind.decode(octets))
        except DecodeError:
            continue
    if name in _CERTIFICATES:
        return _certificate(octets)
    try:
        return _tree(tlv.parse(octets))
    except DecodeError:
        return _hex(octets)


def _shown(value: Any) -> object:
    if isinstance(value, Structure):
        shown = {one.name: getattr(value, one.name) for one in fields(value) if one.name != "raw"}
        return {name: _shown(one) for name, one in shown.items() if one is not None}
    if isinstance(value, bytes | bytearray | memoryview):
        octets = bytes(value)
        return _certificate(octets) if octets[:2] == b"\x30\x82" else _hex(octets)
    if isinstance(value, Enum):
        return value.name
    if isinstance(value, bool | int | str | None):
        return value
    if isinstance(value, frozenset | tuple | list):
        return [_shown(one) for one in (sorted(value) if isinstance(value, frozenset) else value)]
    if (
        is_dataclass(value)
        and not isinstance(value, type)
        and str(value).startswith(type(value).__name__)
    ):
        return {one.name: _shown(getattr(value, one.name)) for one in fields(value)}
    return str(value)


def _certificate(octets: bytes) -> object:
    try:
        certificate = Certificate.from_der(octets)
    except DecodeError:
        return _hex(octets)
    role = certificate.role
    return {
        "certificate": role.name if role else "of no known role",
        "serialNumber": f"{certificate.serial_number:X}",
        "notBefore": certificate.not_before.isoformat(),
        "notAfter": certificate.not_after.isoformat(),
        "eid": None if certificate.eid is None else str(certificate.eid),
        "registeredId": None
        if certificate.registered_id is None
        else str(certificate.registered_id),
        "subjectKeyIdentifier": _hex(certificate.subject_key_identifier or b""),
        "authorityKeyIdentifier": _hex(certificate.authority_key_identifier or b""),
    }


def _tree(element: tlv.Tlv) -> object:
    named = {one.value: one.name for one in Tag}.get(element.tag, "")
    name = f"{element.tag:02X} {named}".strip()
    if not element.constructed:
        return {name: _hex(bytes(element.value))}
    children = element.children()
    shown = [_tree(one) for one in children[:_MOST_ELEMENTS]]
    if len(children) > _MOST_ELEMENTS:
        shown.append(f"and {len(children) - _MOST_ELEMENTS} more")
    return {name: shown}


def _hex(octets: bytes) -> str:
    text = octets[:_LONGEST_OCTETS].hex().upper()
    return text if len(octets) <= _LONGEST_OCTETS else f"{text}... ({len(octets):,} octets)"
