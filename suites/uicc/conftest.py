"""The file system under test, and how its cases talk to it.

Cases of level read-only take whatever Profile or SIM is there (`files`), or need a Profile that is
Enabled (`profile_files`); on a simulated card, which begins without one, a Profile is enabled
first. All others bring a Profile of their own (`own`),
whose files, rules and codes are known to the octet.
"""

from dataclasses import replace

import pytest

from rspcore import tlv
from rspcore.apdu import CommandApdu
from rspcore.errors import DecodeError
from rspcore.profile_maker import make_profile, preset
from rspcore.profile_maker.files import ACCESS_RULES
from rspcore.profile_reader import split
from rspharness.card import expect
from rspharness.card.listed import UnobservedError
from rspharness.card.plain_sim import is_plain_sim
from rspharness.record.verdicts import NotApplicable
from rspharness.suite.codes import code
from rspharness.suite.preconditions import require_enabled

FILES = (
    # identifier, descriptor, access rule, short identifier, content
    (0x2F20, "4121", 5, 0x10, bytes(range(16))),
    (0x2F21, "42210004", 5, 0x11, b"".join(bytes((n,)) * 4 for n in (0x11, 0x22, 0x33, 0x22))),
    (0x2F22, "46210003", 7, 0x12, bytes.fromhex("000003000002000001")),
    (0x2F23, "7921", 5, 0x13, bytes.fromhex("8003010203")),
    (0x2F24, "4121", 10, 0x14, b"\x24" * 4),
    (0x2F25, "4121", 4, 0x15, b"\x25" * 4),
    (0x2F26, "4121", 3, 0x16, b"\x26" * 4),
)

_PIN1, _ADM1 = "A406830101950108", "A40683010A950108"
RULES = (
    f"8001039000 800158{_ADM1} 8401D4{_ADM1}",
    f"800101A010{_PIN1}{_ADM1} 80015A{_ADM1}",
    f"800101AF10{_PIN1}{_ADM1} 80015A{_ADM1}",
    f"8001039000 840132{_ADM1} 800158{_ADM1}",
    f"8001019000 80015A{_ADM1}",
)
"""Records of EF 2F28: read and update always, the rest ADM1, RESIZE among it; PIN1 or ADM1; PIN1
and ADM1; INCREASE by ADM1, update always; read always, all else but RESIZE ADM1."""
ARR_WIDTH = 40
MORE_FILES = (
    # identifier, descriptor, EF.ARR, access rule, short identifier, content
    (
        0x2F28,
        f"4221{ARR_WIDTH:04X}",
        0x2F06,
        10,
        0,
        b"".join(bytes.fromhex(one).ljust(ARR_WIDTH, b"\xff") for one in RULES),
    ),
    (0x2F29, "4121", 0x2F28, 1, 0x17, bytes(n % 251 for n in range(272))),
    (0x2F2A, "42210004", 0x2F28, 1, 0x18, b"".join(bytes((n, n, 0x77, n)) for n in range(1, 7))),
    (0x2F2B, "46210003", 0x2F28, 4, 0x19, bytes.fromhex("000003000002000001")),
    (0x2F2C, "4121", 0x2F28, 2, 0x1A, b"\x2c" * 4),
    (0x2F2D, "4121", 0x2F28, 3, 0x1B, b"\x2d" * 4),
    (0x2F2E, "0121", 0x2F28, 1, 0x1C, b"\x2e" * 4),
    (0x2F2F, "7921", 0x2F28, 1, 0x1D, bytes.fromhex("8003010203")),
    (0x2F30, "4121", 0x2F28, 5, 0, b"\x30" * 4),
)
"""Files of the own Profile whose rules are in an EF.ARR of their own, 2F28."""
BER_TLV = "79"
"""File descriptor of a BER-TLV file."""
LARGEST_OBJECTS = 0x0200
"""Octets that the data objects of 2F2F may take."""


def _fcp(fid, descriptor, rule, sfi, content):
    """Returns createFCP of one file, and its content."""
    ber_tlv = descriptor[:2] == BER_TLV
    size = b"\x40" if ber_tlv else len(content).to_bytes(1 + (len(content) > 255), "big")
    limited = ber_tlv and rule[:2] != b"\x2f\x06"
    fcp = (
        tlv.encode(0x82, bytes.fromhex(descriptor)),
        tlv.encode(0x83, fid.to_bytes(2, "big")),
        tlv.encode(0x8B, rule),
        tlv.encode(0x80, size),
        tlv.encode(0x88, bytes((sfi << 3,)) if sfi else b""),
        tlv.encode(0xA5, tlv.encode(0x86, LARGEST_OBJECTS.to_bytes(2, "big"))) if limited else b"",
    )
    return tlv.encode(0x62, *fcp) + tlv.encode(0x81, content)


def file_element(*, ber_tlv):
    """Returns PE-GenericFileManagement that makes `FILES` and `MORE_FILES` below the MF.

    Without `ber_tlv` it makes no BER-TLV files among them.
    """
    script = b""
    for fid, descriptor, arr, rule, sfi, content in every_file(ber_tlv=ber_tlv):
        reference = arr.to_bytes(2, "big") + bytes((rule,))
        script += _fcp(fid, descriptor, reference, sfi, content)
    header = tlv.encode(0xA0, tlv.encode(0x80), tlv.encode(0x81, b"\x7f"))
    return tlv.encode(0xA1, header, tlv.encode(0xA1, tlv.encode(0x30, script)))


def every_file(*, ber_tlv):
    """Returns what makes each file: `FILES` and `MORE_FILES`, perhaps without BER-TLV files."""
    listed = [(fid, kind, 0x2F06, *rest) for fid, kind, *rest in FILES]
    return [one for one in (*listed, *MORE_FILES) if ber_tlv or str(one[1])[:2] != BER_TLV]


def own_profile(*, ber_tlv=True, **changed):
    """Returns PROFILE_OPERATIONAL1 with `FILES` in its MF, perhaps without BER-TLV files."""
    made = make_profile(replace(preset("PROFILE_OPERATIONAL1"), **changed))
    parts = [element.raw for element in split(made.upp)]
    names = [element.name for element in split(made.upp)]
    parts.insert(names.index("securityDomain"), file_element(ber_tlv=ber_tlv))
    return replace(made, upp=b"".join(parts))


class Files:
    """File commands to a card, written as in the specification."""

    def __init__(self, card, *, ber_tlv=True):
        self.card = card
        self.content = {one[0]: one[-1] for one in every_file(ber_tlv=ber_tlv)}
        here = [one for one in FILES if one[0] in self.content]
        self.rules = {fid: (rule, ACCESS_RULES[rule - 1]) for fid, _, rule, _, _ in here}
        self.sfi = {fid: sfi for fid, _, _, _, sfi, _ in every_file(ber_tlv=ber_tlv) if sfi}

    def __call__(self, text):
        """Sends one command in hexadecimal digits and returns its whole answer."""
        return self.card.apdu(text.replace(" ", ""))

    def select(self, fid):
        """Selects a file by its identifier, which has to succeed; returns its FCP by tag."""
        answer = self(f"00A40004 02 {fid:04X} 00")
        expect.sw(answer, 0x9000, 0x6283, about=f"SELECT {fid:04X}")
        return fcp_of(answer.data)

    def select_usim(self):
        """Selects the first USIM that EF.DIR names; returns the answer and the AID."""
        aid = self.usim()
        answer = self(f"00A40404 {len(aid):02X} {aid.hex()} 00")
        expect.success(answer, "SELECT ADF.USIM")
        return answer, aid

    def usim(self):
        """Returns the AID of the first USIM in EF.DIR; what it has to hold is a row of its own."""
        records = []
        self.select(0x3F00)
        descriptor = self.select(0x2F00).get(0x82, b"").ljust(5, b"\0")
        length = int.from_bytes(descriptor[2:4], "big")
        for number in range(1, descriptor[4] + 1):
            record = self(f"00B2{number:02X}04{length:02X}").data
            records.append(record.hex(" ").upper() or "no octets")
            aid = aid_in(record)
            if aid.startswith(bytes.fromhex("A0000000871002")):
                return aid
        shown = "; ".join(records) or "no record"
        raise UnobservedError("procedure.FileStructure#05", "the AID of a USIM in EF.DIR", shown)

    def read(self, fid, length):
        """Selects a transparent file below the MF and returns this many octets of it."""
        self.select(0x3F00)
        self.select(fid)
        answer = self(f"00B00000{length:02X}")
        expect.success(answer, f"READ BINARY of {fid:04X}")
        return answer.data

    def verify(self, reference=0x01, value=None):
        """Verifies a code, PIN1 unless another is given, which has to succeed."""
        value = code("pin1") if value is None else value
        expect.success(self(f"002000{reference:02X}08{value}"), f"VERIFY PIN {reference:02X}")

    def refused(self, text, *words):
        """Requires that a command is refused with one of these status words."""
        expect.refused(self(text), *words)


def aid_in(record):
    """Returns the AID of a record of EF.DIR, no octets when there is none that can be read."""
    try:
        aid = tlv.parse_prefix(record).find(0x4F) if record[:1] == b"\x61" else None
    except DecodeError:
        return b""
    return b"" if aid is None else bytes(aid.value)


def fcp_of(data):
    """Returns the FCP template of an answer as a mapping from tag to value."""
    template = expect.data_object(data, 0x62, "FCP template")
    return {one.tag: bytes(one.value) for one in template.children()}


@pytest.fixture
def ber_tlv(run_state):
    """Returns whether the card says that it can have BER-TLV files.

    One that does not say is taken as one that can: its downloads show whether it does.
    """
    return run_state.capabilities.options.get("BER_TLV", True)


@pytest.fixture
def files(card, run_state, ber_tlv, request):
    """Returns the file system that is there; a simulated eUICC gets a Profile first."""
    if run_state.target.simulated and not is_plain_sim(card):
        made = own_profile(ber_tlv=ber_tlv)
        request.getfixturevalue("given").profiles(made, enabled=made)
    return Files(card, ber_tlv=ber_tlv)


@pytest.fixture
def profile_files(files, run_state):
    """Returns the file system of the Profile that is Enabled, whichever it is.

    A card in a reader on which none is Enabled makes the case not applicable.
    """
    if not run_state.target.simulated and not is_plain_sim(files.card):
        require_enabled(files.card)
    return files


@pytest.fixture
def own(card, ber_tlv, request):
    """Returns the file system of a Profile of these suites, enabled, all codes as delivered."""
    if is_plain_sim(card):
        raise NotApplicable("the card is no eUICC: no Profile of these suites can be on it")
    made = own_profile(ber_tlv=ber_tlv)
    request.getfixturevalue("given").profiles(made, enabled=made)
    return Files(card, ber_tlv=ber_tlv)


@pytest.fixture
def own_iccid():
    """Returns the ICCID of the Profile of `own`."""
    return own_profile().parameters.iccid


@pytest.fixture
def make_own():
    """Returns the maker of Profiles of these suites: preset by name, parameters by name."""

    def make(name="PROFILE_OPERATIONAL1", **changed):
        return make_profile(replace(preset(name), **changed))

    return make


@pytest.fixture
def parameters():
    """Returns what the Profile of `own` was made from."""
    return own_profile().parameters


@pytest.fixture
def command():
    """Returns the class of command APDUs, for those not written in hexadecimal digits."""
    return CommandApdu
