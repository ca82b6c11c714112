"""Remote command scripts (ETSI TS 102 226, 5.2): compact and expanded formats.

Reading a command script gives its C-APDUs; writing a response takes the R-APDUs of those executed.
"""

from collections.abc import Sequence

from rspcore import tlv
from rspcore.apdu import CommandApdu, ResponseApdu
from rspcore.errors import DecodeError
from rspcore.frozen import dataclass

__all__ = [
    "Script",
    "ScriptResponse",
    "compact",
    "expanded",
    "read_response",
    "read_script",
    "write_response",
]

_TEMPLATES = {0xAA: 0xAB, 0xAE: 0xAF}


@dataclass(frozen=True, slots=True)
class Script:
    """The commands of one script.

    Attributes:
        commands: C-APDUs in order.
        template: 0xAA or 0xAE for the expanded format, None for the compact one.
        bad_format: Code of the bad format TLV (01 unknown tag, 02 wrong length, 03 length not
            found) when reading stopped there, else None; the commands before it are kept.
    """

    commands: tuple[CommandApdu, ...]
    template: int | None = None
    bad_format: int | None = None


@dataclass(frozen=True, slots=True)
class ScriptResponse:
    """The answer to a script.

    Attributes:
        executed: Number of commands executed, the failing one included.
        responses: R-APDUs; the compact format carries only the last one.
        bad_format: Code of the bad format TLV, or None.
    """

    executed: int
    responses: tuple[ResponseApdu, ...]
    bad_format: int | None = None


def expanded(commands: Sequence[CommandApdu], *, indefinite: bool = False) -> bytes:
    """Writes an expanded script.

    Args:
        commands: C-APDUs in order.
        indefinite: True for the indefinite form (AE 80 ... 00 00), as for HTTP in chunks; False
            for the definite one (AA).
    """
    parts = [tlv.encode(0x22, command.encode()) for command in commands]
    return b"".join((b"\xae\x80", *parts, b"\x00\x00")) if indefinite else tlv.encode(0xAA, *parts)


def compact(commands: Sequence[CommandApdu]) -> bytes:
    """Writes a compact script; Le of a case 4 command is left out, as the format requires."""
    return b"".join(
        command.encode()[: 5 + len(command.data)] if command.data else command.encode()
        for command in commands
    )


def read_script(octets: bytes) -> Script:
    """Reads a script in either format; the first octet shows the format.

    Raises:
        DecodeError: a compact script is cut short.
    """
    if octets[:1] in (b"\xaa", b"\xae"):
        return _read_expanded(octets)
    commands = []
    position = 0
    while position < len(octets):
        head = octets[position : position + 5]
        if len(head) < 5:
            raise DecodeError("compact script: a command needs CLA INS P1 P2 P3", offset=position)
        # READ, GET and the like have P3 = Le; the others carry P3 octets of data.
        size = 0 if _is_case_2(head) else head[4]
        end = position + 5 + size
        if end > len(octets):
            raise DecodeError(f"compact script: P3 {head[4]:02X} overruns it", offset=position + 4)
        commands.append(CommandApdu.parse(octets[position:end]))
        position = end
    return Script(tuple(commands))


_CASE_2_INS = frozenset((0xB0, 0xB2, 0xC0, 0xCA, 0xF2, 0x12, 0x84))


def _is_case_2(head: bytes) -> bool:
    return head[1] in _CASE_2_INS and not (head[1] == 0xF2 and head[2] & 0xF0)


def _read_expanded(octets: bytes) -> Script:
    template = octets[0]
    if template == 0xAE:
        if octets[1:2] != b"\x80" or octets[-2:] != b"\x00\x00":
            return Script((), template, bad_format=0x03)
        body = octets[2:-2]
    else:
        try:
            body = bytes(tlv.parse(octets).value)
        except DecodeError:
            return Script((), template, bad_format=0x02)
    commands: list[CommandApdu] = []
    try:
        for one in tlv.iterate(body):
            if one.tag == 0x22:
                commands.append(CommandApdu.parse(one.value))
            elif one.tag not in (0x81, 0x82, 0x83):
                return Script(tuple(commands), template, bad_format=0x01)
    except DecodeError:
        return Script(tuple(commands), template, bad_format=0x02)
    return Script(tuple(commands), template)


def write_response(script: Script, responses: Sequence[ResponseApdu]) -> bytes:
    """Writes the additional response data for the commands executed."""
    if script.template is None:
        last = responses[-1].sw.to_bytes(2, "big") + responses[-1].data if responses else b""
        return bytes((len(responses),)) + last
    count = tlv.encode(0x80, len(responses).to_bytes(1, "big"))
    parts = [tlv.encode(0x23, response.encode()) for response in responses]
    if script.bad_format is not None:
        parts.append(tlv.encode(0x90, bytes((script.bad_format,))))
    if script.template == 0xAE:
        return b"\xaf\x80" + b"".join(parts) + b"\x00\x00"
    if script.bad_format is not None and not responses:
        return tlv.encode(_TEMPLATES[script.template], *parts)
    return tlv.encode(_TEMPLATES[script.template], count, *parts)


def read_response(octets: bytes) -> ScriptResponse:
    """Reads additional response data in either format.

    Raises:
        DecodeError: neither a compact nor an expanded response.
    """
    if octets[:1] not in (b"\xab", b"\xaf"):
        if len(octets) < 3:
            raise DecodeError(f"compact response of {len(octets)} octets; at least 3 are needed")
        answer = ResponseApdu(octets[3:], int.from_bytes(octets[1:3], "big"))
        return ScriptResponse(octets[0], (answer,))
    body = octets[2:-2] if octets[0] == 0xAF else bytes(tlv.parse(octets).value)
    answers = []
    executed = bad_format = None
    for one in tlv.iterate(body):
        if one.tag == 0x23:
            answers.append(ResponseApdu.parse(one.value))
        elif one.tag == 0x80:
            executed = int.from_bytes(one.value, "big")
        elif one.tag == 0x90:
            bad_format = one.value[0] if one.value else 0
    return ScriptResponse(
        len(answers) if executed is None else executed, tuple(answers), bad_format
    )
