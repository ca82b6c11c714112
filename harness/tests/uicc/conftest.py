"""What a card must hold after a package: derived from its TLVs alone, for comparison.

Nothing of the interpreter is used here, only `rspcore.tlv`: the rules of the profile package format
are applied a second time, by other code. It covers only what the published packages use.
"""

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import pytest

from rspcore import tlv

ELEMENTS = {
    0xB0: "MF",
    0xB2: "TELECOM",
    0xB3: "USIM",
    0xB4: "OPT_USIM",
    0xB5: "ISIM",
    0xB6: "OPT_ISIM",
    0xB8: "GSM_ACCESS",
    0xB9: "CSIM",
    0xBA: "OPT_CSIM",
    0xBC: "DF_5GS",
    0xBD: "DF_SAIP",
}
BELOW_NAA = ("OPT_USIM", "OPT_ISIM", "GSM_ACCESS", "OPT_CSIM", "DF_5GS", "DF_SAIP")
DIRECTORY = 0x38
TYPES = {"TR": 0x41, "LF": 0x42, "CY": 0x46, "BT": 0x79, "DF": 0x78, "ADF": 0x78, "MF": 0x78}
GENERIC, PINS = 0xA1, 0xA2


@dataclass
class Fact:
    """One line of a template."""

    kind: str
    count: int = 0
    length: int = 0
    rule: int | None = None
    sfi: int | None = None
    content: str = "FF..FF"
    high: bool = False

    def fill(self, size):
        """Returns this many octets of first content."""
        if self.content == "!":
            return b"\xff" * size
        if self.content.endswith(")*"):
            unit = bytes.fromhex(self.content[1:-2])
            return (unit * size)[:size]
        head, dots, tail = self.content.partition("..")
        begin = bytes.fromhex(head)
        end = bytes.fromhex(tail[2:]) if dots else b""
        return (begin + begin[-1:] * size)[: size - len(end)] + end


@dataclass
class Expected:
    """One file the card must have."""

    path: tuple
    descriptor: int
    body: bytearray = field(default_factory=bytearray)
    record_length: int = 0
    reserved: int = 0
    sfi: int | None = None
    rule: tuple | None = None
    life_cycle: int = 5
    special: int = 0
    aid: bytes = b""
    pins: bytes = b""
    link: tuple | None = None

    @property
    def is_directory(self):
        return self.descriptor & 0x3F == DIRECTORY

    @property
    def is_ber_tlv(self):
        return self.descriptor & 0x3F == 0x39


def fids(octets):
    return tuple(int.from_bytes(octets[n : n + 2], "big") for n in range(0, len(octets), 2))


@cache
def sections():
    """Reads template_facts.txt: the lines of each template by its name."""
    text = Path(__file__).with_name("template_facts.txt").read_text(encoding="utf-8")
    blocks = [block.splitlines() for block in text.split("\n[")[1:]]
    return {lines[0].rstrip("]"): [line for line in lines[1:] if line] for lines in blocks}


def facts_of(element):
    """Returns the facts of a template by path below its first directory."""
    known = {}
    for line in sections()[element]:
        words = line.split()
        fact = Fact(words[2])
        rest = words[3:]
        if fact.kind in ("LF", "CY"):
            count, _, length = rest.pop(0).partition("x")
            fact.count, fact.length = (0 if n == "*" else int(n) for n in (count, length))
        elif fact.kind in ("TR", "BT"):
            size = rest.pop(0)
            fact.count = 0 if size == "*" else int(size)
        for word in rest:
            if word == "H":
                fact.high = True
            elif word[0] == "a" and word[1:].isdecimal():
                fact.rule = int(word[1:])
            elif word[0] == "s":
                fact.sfi = int(word[1:], 16)
            else:
                fact.content = word
        known[words[0]] = fact
    return known


class Package:
    """A package and what the card must hold after it.

    Attributes:
        files: Expected files by path.
        enabled_pins: Context and key reference of each PIN, and whether it is enabled.
        puks: PUK values by reference.
        pin_values: Values by context and reference.
    """

    def __init__(self, octets):
        self.files = {}
        self.enabled_pins = {}
        self.pin_values = {}
        self.absent = set()
        self._naa = ()
        self._context = ()
        for element in tlv.iterate(octets):
            parts = element.children()
            if element.tag in ELEMENTS:
                self._template(ELEMENTS[element.tag], parts[2:])
            elif element.tag == GENERIC:
                self._generic(parts[1].children())
            elif element.tag == PINS:
                self._pins(parts[1].children()[0])

    def body(self, path):
        """Returns what a file shows: its own body, or that of the end of its links."""
        one = self.files[path]
        return self.body(one.link) if one.link else one

    def _pins(self, codes):
        for one in codes.children():
            values = {part.tag: bytes(part.value) for part in one.children()}
            key = (self._context, values[0x80][-1])  # an INTEGER: 81 is 00 81
            attributes = values.get(0x83, b"\x07")[0]
            self.enabled_pins[key] = bool(attributes & 1)
            self.pin_values[key] = values[0x81]

    def _template(self, element, components):
        facts = facts_of(element)
        root = self._naa if element in BELOW_NAA else ()
        here = top = root
        context = None
        seen = set()
        for component in components:
            parts = component.children()
            fcp = {p.tag: bytes(p.value) for p in parts[0].children()}
            if element == "MF" and context is None:
                path, name = (), "3F00"
            elif 0xC6 in fcp:
                path = (*(root if context is None else top), fids(fcp[0x83])[0])
                name = "ADF" if 0x84 in fcp else f"{path[-1]:04X}"
            else:
                path = (*here, fids(fcp[0x83])[0])
                name = "/".join(f"{fid:04X}" for fid in path[len(top) :])
            fact = facts.get(name) or Fact("TR")
            seen.add(name)
            made = self._make(path, fcp, fact)
            self._fill(made, parts[1:])
            if made.is_directory:
                here = path
                if context is None:
                    top = context = path
                if made.aid:
                    self._naa = path
        left = {name for name in facts.keys() - seen if "/" not in name and name != "ADF"}
        self.absent |= {(*top, int(name, 16)) for name in left}
        if context is not None:
            self._context = context

    def _generic(self, scripts):
        context = None
        for script in scripts:
            here, current, position = (), None, 0
            for command in script.children():
                value = bytes(command.value)
                if command.tag == 0x80:
                    path = fids(value)
                    one = self.files[path]
                    here = path if one.is_directory else path[:-1]
                    current, position = one, 0
                elif command.tag == 0x62:
                    fcp = {p.tag: bytes(p.value) for p in command.children()}
                    path = (*here, int.from_bytes(fcp[0x83], "big"))
                    current, position = self._make(path, fcp, None), 0
                    if current.is_directory and context is None:
                        context = path
                elif command.tag == 0x02:
                    position += int.from_bytes(value, "big")
                else:
                    position = self._write(current, position, value)
            # a script that only selects a directory determines where the next PINs belong
        if context is not None:
            self._context = context

    def _make(self, path, fcp, fact):
        given = fcp.get(0x82)
        descriptor = given[0] if given else TYPES[fact.kind]
        one = Expected(path=path, descriptor=descriptor)
        near_root = len(path) <= 1 or 0x84 in fcp
        rule = fcp.get(0x8B)
        if rule is not None:
            one.rule = (rule[:2].hex().upper() or ("2F06" if near_root else "6F06"), rule[-1])
        elif fact and fact.rule:
            one.rule = ("2F06" if near_root else "6F06", fact.rule)
        one.life_cycle = fcp.get(0x8A, b"\x05")[0]
        one.aid, one.pins = fcp.get(0x84, b""), fcp.get(0xC6, b"")
        info = {p.tag: bytes(p.value) for p in tlv.iterate(fcp.get(0xA5, b""))}
        one.special = info.get(0xC0, b"\x80" if fact and fact.high else b"\x00")[0]
        self.files[path] = one
        self.absent.discard(path)
        if not one.is_directory:
            self._shape(one, fcp, info, fact)
        return one

    def _shape(self, one, fcp, info, fact):
        if 0x88 in fcp:
            one.sfi = fcp[0x88][0] >> 3 if fcp[0x88] else None
        elif fact:
            one.sfi = fact.sfi
        else:
            low = one.path[-1] & 0x1F
            one.sfi = low if 0 < low < 31 else None
        if fcp.get(0xC7):
            one.link = fids(fcp[0xC7])
            return
        if one.descriptor & 0x3F in (0x02, 0x06):
            given = fcp.get(0x82, b"")[2:]
            one.record_length = int.from_bytes(given, "big") if given else fact.length
        size = int.from_bytes(fcp.get(0x80, b""), "big")
        if not size and fact:
            size = fact.count * (one.record_length or 1)
        if one.is_ber_tlv:
            one.reserved = size
            return
        step = one.record_length or size
        if 0xC1 in info:
            pattern = info[0xC1]
            unit = (pattern + pattern[-1:] * step)[:step]
        elif 0xC2 in info:
            unit = (info[0xC2] * step)[:step]
        else:
            unit = (fact or Fact("TR")).fill(step)
        one.body = bytearray(unit * (size // step))

    def _fill(self, one, commands):
        position = 0
        for command in commands:
            if command.tag == 0x82:
                position += int.from_bytes(command.value, "big")
            else:
                position = self._write(one, position, bytes(command.value))

    def _write(self, one, position, content):
        end = position + len(content)
        if one.is_ber_tlv:
            one.body = one.body.ljust(end, b"\xff")
        one.body[position:end] = content
        return end


@pytest.fixture(scope="session")
def package_of():
    """Returns the function that derives what a card must hold after a package."""
    return Package
