"""A trace as a pcapng capture with GSMTAP, for Wireshark and tshark.

Each command with its response is one packet, as the dissector `gsm_sim` expects: the command APDU
and the response right behind it, in GSMTAP type SIM over UDP port 4729 on the loopback address. A
reset is a packet of subtype ATR. Remarks, such as the steps of a case, are comments of the packet
that follows. PINs, PUKs, keys and OTA data of commands are zero octets.

Sources: the pcapng file format; GSMTAP version 2.
"""

import struct
from collections.abc import Iterable
from typing import Final

from rspharness.record.secret_data import without_secrets
from rspharness.record.trace import Answered, Remark, Reset, TraceEvent

__all__ = ["capture"]

_SECTION: Final = 0x0A0D0D0A
_INTERFACE: Final = 1
_PACKET: Final = 6
_BYTE_ORDER: Final = 0x1A2B3C4D
_RAW_IP: Final = 101
_COMMENT: Final = 1
_APPLICATION: Final = 4
_GSMTAP_PORT: Final = 4729
_SIM: Final = 4
_APDU: Final = 0
_ATR: Final = 1
_UDP: Final = 17
_LOOPBACK: Final = bytes((127, 0, 0, 1))


def _option(code: int, text: str) -> bytes:
    value = text.encode()[:0xFFFF]
    return struct.pack("<HH", code, len(value)) + value + bytes(-len(value) % 4)


def _block(kind: int, body: bytes, *options: bytes) -> bytes:
    end = b"".join(options) + bytes(4) if options else b""
    length = 12 + len(body) + len(end)
    return struct.pack("<II", kind, length) + body + end + struct.pack("<I", length)


def _checksum(header: bytes) -> int:
    """Returns the checksum of an IPv4 header whose own field is zero (RFC 791)."""
    total: int = sum(struct.unpack(f"!{len(header) // 2}H", header))
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def _frame(subtype: int, octets: bytes) -> bytes:
    """Returns an IPv4 packet with GSMTAP over UDP."""
    gsmtap = struct.pack("!BBBBHBBIBBBB", 2, 4, _SIM, 0, 0, 0, 0, 0, subtype, 0, 0, 0)
    payload = gsmtap + octets
    udp = struct.pack("!HHHH", _GSMTAP_PORT, _GSMTAP_PORT, 8 + len(payload), 0)
    fields = (0x45, 0, 20 + len(udp) + len(payload), 0, 0, 64, _UDP)
    ip = struct.pack("!BBHHHBB", *fields)
    rest = _LOOPBACK + _LOOPBACK
    check = struct.pack("!H", _checksum(ip + bytes(2) + rest))
    return ip + check + rest + udp + payload


def capture(events: Iterable[TraceEvent], *, program: str, start_s: float = 0.0) -> bytes:
    """Returns a capture file of a trace.

    Args:
        events: The trace; a command without an answer is a packet of its command alone.
        program: Name and version of the program that wrote it.
        start_s: Time of the first packet, in seconds since 1970. The times between the packets are
            those of the answers; what passed between two commands is not in a trace.
    """
    parts = [
        _block(
            _SECTION,
            struct.pack("<IHHq", _BYTE_ORDER, 1, 0, -1),
            _option(_APPLICATION, program),
        ),
        _block(_INTERFACE, struct.pack("<HHI", _RAW_IP, 0, 0)),
    ]
    remarks: list[str] = []
    now_us = round(start_s * 1_000_000)
    for event in events:
        if isinstance(event, Remark):
            if event.text:
                remarks.append(event.text)
            continue
        match event:
            case Reset():
                frame = _frame(_ATR, event.atr)
            case Answered():
                command = without_secrets(event.command)
                frame = _frame(_APDU, command + (event.response or b""))
                now_us += max(1, round((event.elapsed_ms or 0.0) * 1000))
        header = struct.pack("<IIIII", 0, now_us >> 32, now_us & 0xFFFFFFFF, len(frame), len(frame))
        body = header + frame + bytes(-len(frame) % 4)
        parts.append(_block(_PACKET, body, *(_option(_COMMENT, text) for text in remarks)))
        remarks = []
    return b"".join(parts)
