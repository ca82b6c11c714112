"""HTTP exchanges of a trace, decoded: functions by name, what is in base64 by the names of members.

    HTTP request  ES9+ initiateAuthentication  POST https://smdpplus.example.com/gsma/rsp2/...
        Content-Type: application/json
        euiccInfo1
          EUICCInfo1
            svn: 020203 (2.2.3)
    HTTP answer  200  1.20 ms

An exchange of SCP81 is that of a card with its operator's server, as it is inside TLS; its scripts
are shown command by command (`ota_scripts`).

Sources: SGP.22 v2, 6.5.2 and 6.6; members of another name are shown as they came.
"""

import json
import re
from base64 import b64decode
from binascii import Error
from collections.abc import Iterator, Mapping
from typing import Final

from rspcore.errors import DecodeError
from rspcore.tlv import parse_all
from rspharness.evidence.fields import INDENT, named, tree
from rspharness.evidence.ota_scripts import script_lines
from rspharness.evidence.packages_in_clear import PackagesInClear
from rspharness.record.trace import Remark

__all__ = ["HttpMessage", "body_lines", "is_http", "messages"]

_MARK: Final = "HTTP "
_BEGINS: Final = re.compile(r"POST https?://|[A-Z]+ /\S* HTTP/1\.1$")
"""What a request begins with: one of an LPA or a server, one of a card."""
_ADMINISTRATION: Final = "globalplatform-remote-admin"
_SCRIPT: Final = re.compile(r"[0-9A-F]{2}( [0-9A-F]{2})+")
_WORDS: Final = {">": "request", "<": "answer", "!": "no answer"}
_INTERFACES: Final = {"es9plus": "ES9+", "es11": "ES11", "es12": "ES12", "es2plus": "ES2+"}
_SHOWN: Final = 160
"""Characters of a text that are shown; of a longer one the beginning and the length."""

_KINDS: Final[Mapping[str, str]] = {
    "euiccInfo1": "EUICCInfo1",
    "serverSigned1": "ServerSigned1",
    "serverCertificate": "Certificate",
    "authenticateServerResponse": "AuthenticateServerResponse",
    "profileMetadata": "StoreMetadataRequest",
    "smdpSigned2": "SmdpSigned2",
    "smdpCertificate": "Certificate",
    "prepareDownloadResponse": "PrepareDownloadResponse",
    "boundProfilePackage": "BoundProfilePackage",
    "cancelSessionResponse": "CancelSessionResponse",
    "pendingNotification": "PendingNotification",
    "smdpSigned3": "SmdpSigned3",
    "smdpSigned4": "SmdpSigned4",
    "smdpSigned5": "SmdpSigned5",
    "smdpSigned6": "SmdpSigned6",
    "smdsSigned2": "SmdsSigned2",
    "prepareDeviceChangeResponse": "PrepareDeviceChangeResponse",
    "deleteNotificationForDc": "DeleteNotificationForDc",
}
"""Types of the members that carry data objects in base64."""
_EACH: Final[Mapping[str, str]] = {
    "otherCertsInChain": "Certificate",
    "crlList": "CertificateList",
}
"""Types of the members that are lists of such objects."""
_OBJECTS: Final = frozenset(
    {
        *("serverSignature1", "smdpSignature2", "euiccCiPKIdToBeUsed", "rpmScript"),
        *("smdpSignature3", "smdpSignature4", "smdpSignature5", "smdpSignature6"),
        *("smdsSignature2", "lpaRspCapability"),
    }
)
_OCTETS: Final = frozenset({"euiccChallenge", "dcSessionId", "ecId"})


class HttpMessage:
    """One request, one answer, or the reason why none came.

    Attributes:
        sign: ">" for a request, "<" for an answer, "!" for no answer.
        lines: Its lines: what it begins with, header fields, body.
    """

    def __init__(self, sign: str, first: str) -> None:
        self.sign = sign
        self.lines = [first]

    def decoded(self, packages: PackagesInClear | None = None) -> Iterator[str]:
        """Yields the lines of a decoded trace.

        Args:
            packages: What opens a BoundProfilePackage, or None to leave it as it came.
        """
        first, *others = self.lines
        administration = any(_ADMINISTRATION in line for line in others)
        function = "SCP81" if administration else _function(first)
        words = [f"HTTP {_WORDS.get(self.sign, self.sign)}", function, first]
        if self.sign == "<":
            status, _, time = first.partition(" ; ")
            words[1:] = ["SCP81" if administration else "", status, time]
        yield "  ".join(word for word in words if word)
        for line in others:
            if administration and _SCRIPT.fullmatch(line):
                yield from script_lines(bytes.fromhex(line), 2)
            else:
                yield from body_lines(line, packages)


def is_http(remark: Remark) -> bool:
    """Returns whether a remark is a line of an HTTP exchange."""
    return remark.text[:5] == _MARK and remark.text[5:6] in _WORDS


def messages(remarks: list[Remark]) -> list[HttpMessage]:
    """Returns the messages that lines of HTTP exchanges make, which follow on each other."""
    found: list[HttpMessage] = []
    for remark in remarks:
        sign, line = remark.text[5:6], remark.text[7:]
        if not found or found[-1].sign != sign or _BEGINS.match(line):
            found.append(HttpMessage(sign, line))
        else:
            found[-1].lines.append(line)
    return found


def _function(first: str) -> str:
    """Returns the interface and the function that a request line names."""
    parts = first.split("/")
    if len(parts) < 3 or parts[-2] not in _INTERFACES:
        return ""
    return f"{_INTERFACES[parts[-2]]} {parts[-1]}"


def body_lines(line: str, packages: PackagesInClear | None = None) -> Iterator[str]:
    """Yields a header field or a body, the members of a JSON object by their names.

    Args:
        line: The whole of it.
        packages: What opens a BoundProfilePackage in it; its plaintext stands behind =.
    """
    try:
        value = json.loads(line) if line[:1] == "{" else None
    except ValueError:
        value = None
    if isinstance(value, dict):
        for name, member in value.items():
            yield from _member(name, member)
            if packages is not None and name == "boundProfilePackage":
                for clear in packages.whole(_octets(member) or b""):
                    yield f"{INDENT * 3}= {clear}"
    else:
        yield INDENT * 2 + _short(line)


def _member(name: str, value: object) -> Iterator[str]:
    """Yields a member of a JSON object."""
    if name in _EACH and isinstance(value, list):
        yield f"{INDENT * 2}{name}: {len(value)} of them"
        for one in map(_octets, value):
            yield from named(_EACH[name], one, 3) if one else (f"{INDENT * 3}no base64",)
        return
    octets = _octets(value) if name in _KINDS.keys() | _OBJECTS | _OCTETS else None
    if octets is None:
        shown = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        yield f"{INDENT * 2}{name}: {_short(shown)}"
    elif name in _OCTETS:
        yield f"{INDENT * 2}{name}: {octets.hex().upper()}"
    else:
        yield f"{INDENT * 2}{name}"
        if name == "rpmScript":
            yield from _commands(octets)
        else:
            yield from named(_KINDS[name], octets, 3) if name in _KINDS else tree(octets, 3)


def _commands(script: bytes) -> Iterator[str]:
    """Yields the commands of an RPM script, which follow on each other."""
    try:
        parts = parse_all(script)
    except DecodeError:
        yield from tree(script, 3)
        return
    for one in parts:
        yield from named("RpmCommand", bytes(one.raw), 3)


def _octets(value: object) -> bytes | None:
    """Returns what stands in base64, or None for what is none."""
    if not isinstance(value, str):
        return None
    try:
        return b64decode(value, validate=True)
    except (Error, ValueError):
        return None


def _short(text: str) -> str:
    if len(text) <= _SHOWN:
        return text
    return f"{text[:_SHOWN]}... ({len(text):,} characters)"
