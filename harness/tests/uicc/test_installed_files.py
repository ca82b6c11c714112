"""Every file of the published packages, as a terminal reads it from a card they were loaded into.

The package is bound by a server, loaded and enabled. What is read back over APDUs is compared with
what the conftest derives from the same octets independently.
"""

import sys
from pathlib import Path

import pytest

from rspcore import tlv
from rspcore.apdu import CommandApdu, Ins
from rspcore.crypto.curves import Curve
from rspcore.errors import ConfigError
from rspcore.messages.es10c import EnableProfileRequest, ProfileIdentifier
from rspcore.messages.metadata import StoreMetadataRequest
from rspcore.profile_maker import ProfileParameters, TestProfile
from rspcore.profile_reader import ProfileFacts
from rspharness.card import expect
from rspharness.card.card_under_test import Card
from rspharness.run.run import Run, RunOptions
from rspharness.servers.rsp_server import server_maker
from rspharness.targets.settings import TargetSettings
from rspharness.targets.target import TargetOptions

sys.path.insert(0, str(Path(__file__).parents[3] / "simulator" / "tests"))
from evidence import listed, place

PACKAGES = [name for name in listed() if name.startswith("ts48/")]
READ = 0x01
CODES = {0x0A: b"55555555", 0x0B: b"66666666", 0x81: b"9999\xff\xff\xff\xff"}


class Reader:
    """Reads files as a terminal does, with the known codes verified."""

    def __init__(self, card):
        self.card = card
        self.channel = 0

    def select(self, path, adf):
        """Selects a file by its path; through its ADF when it is in one."""
        if adf is None:
            data = b"".join(fid.to_bytes(2, "big") for fid in path) or b"\x3f\x00"
            p1 = 0x08 if path else 0x00
            return self.card.transmit(CommandApdu(0, Ins.SELECT, p1, 0x04, data, 256))
        chosen = self.card.transmit(CommandApdu(0, Ins.SELECT, 0x04, 0x04, adf, 256))
        if len(path) == 1:
            return chosen
        data = b"\x7f\xff" + b"".join(fid.to_bytes(2, "big") for fid in path[1:])
        return self.card.transmit(CommandApdu(0, Ins.SELECT, 0x08, 0x04, data, 256))

    def body(self, expected):
        """Reads the selected file; returns its content, or the status word that refuses it."""
        if expected.is_ber_tlv:
            return self._objects()
        if expected.record_length:
            return self._records(expected)
        out = b""
        while len(out) < len(expected.body):
            count = min(200, len(expected.body) - len(out))
            offset = len(out)
            answer = self.card.transmit(
                CommandApdu(0, Ins.READ_BINARY, offset >> 8, offset & 0xFF, le=count)
            )
            if answer.sw != 0x9000:
                return answer.sw
            out += answer.data
        return out

    def _records(self, expected):
        out = b""
        for number in range(1, len(expected.body) // expected.record_length + 1):
            answer = self.card.transmit(
                CommandApdu(0, Ins.READ_RECORD, number, 0x04, le=expected.record_length)
            )
            if answer.sw != 0x9000:
                return answer.sw
            out += answer.data
        return out

    def _objects(self):
        listed = self._retrieve(b"\x5c")
        if isinstance(listed, int):
            return listed
        tags = tlv.parse(listed).value
        out, position = b"", 0
        while position < len(tags):
            end = position + 1
            if tags[position] & 0x1F == 0x1F:
                while tags[end] & 0x80:
                    end += 1
                end += 1
            part = self._retrieve(bytes(tags[position:end]))
            if isinstance(part, int):
                return part
            out += part
            position = end
        return out

    def _retrieve(self, tag):
        answer = self.card.transmit(CommandApdu(0x80, Ins.RETRIEVE_DATA, 0, 0x80, tag, 256))
        out = answer.data
        while answer.sw == 0x62F1:
            answer = self.card.transmit(CommandApdu(0x80, Ins.RETRIEVE_DATA, 0, 0, le=256))
            out += answer.data
        return out if answer.sw == 0x9000 else answer.sw


def read_condition(record):
    """Returns the condition under which a rule allows reading: tag and content of each SC_DO."""
    end = record.find(b"\xff\xff")
    parts = list(tlv.iterate(bytes(record if end < 0 else record[:end]).rstrip(b"\xff")))
    for number, part in enumerate(parts):
        if part.tag == 0x80 and part.value[0] & READ:
            return parts[number + 1]
    return None


def holds(condition, satisfied):
    """Returns whether a condition holds for the keys in `satisfied`."""
    if condition is None or condition.tag == 0x97:
        return False
    if condition.tag == 0x90:
        return True
    if condition.tag == 0xA4:
        return condition.find(0x83).value[0] in satisfied
    if condition.tag == 0xA0:
        return any(holds(one, satisfied) for one in condition.children())
    raise AssertionError(f"condition {condition.tag:02X}")


def rule_of(package, path, fid, record):
    """Finds the EF.ARR record of a file: in its directory, then above."""
    one = package.files[path]
    start = path if one.is_directory else path[:-1]
    for depth in range(len(start), -1, -1):
        place = (*start[:depth], int(fid, 16))
        if place in package.files:
            body = package.body(place)
            records = bytes(body.body)
            return records[(record - 1) * body.record_length : record * body.record_length]
    return b""


def described(package, one):
    """Returns the FCP template a file must have by tag, without what the card chooses."""
    shown = package.body(one.path)
    descriptor = bytes((shown.descriptor, 0x21))
    if shown.record_length:
        count = len(shown.body) // shown.record_length
        descriptor += shown.record_length.to_bytes(2, "big") + bytes((count,))
    out = {0x82: descriptor, 0x8A: bytes((one.life_cycle,))}
    if one.aid:
        out[0x84] = one.aid
    else:
        out[0x83] = (one.path[-1] if one.path else 0x3F00).to_bytes(2, "big")
    if one.rule:
        out[0x8B] = bytes.fromhex(one.rule[0]) + bytes((one.rule[1],))
    if one.is_directory:
        bits, references = 0, b""
        for place, key in enumerate(one.pins):
            bits |= 0x80 >> place if enabled(package, one.path, key) else 0
            references += bytes((0x83, 1, key))
        out[0xC6] = bytes((0x90, 1, bits)) + references
    else:
        size = shown.reserved if shown.is_ber_tlv else len(shown.body)
        out[0x80] = size.to_bytes(2, "big")
        out[0x88] = bytes((one.sfi << 3,)) if one.sfi else b""
    return out


def enabled(package, path, key):
    """Returns whether a key is enabled in a directory: local ones are looked for upwards."""
    places = [path[:n] for n in range(len(path), -1, -1)] if key & 0x80 else [()]
    there = [place for place in places if (place, key) in package.enabled_pins]
    return bool(there) and package.enabled_pins[there[0], key]


def shown_fcp(data):
    """Returns an FCP template as a mapping, and the special file information in it."""
    parts = {p.tag: p for p in tlv.parse(data).children()}
    own = parts.pop(0xA5, None)
    special = None if own is None else own.find(0xC0)
    values = {tag: bytes(part.value) for tag, part in parts.items()}
    return values, special.value[0] if special else 0


def compare(card, package):
    """Compares every file; returns the differences in words."""
    found = []
    for codes in ((), tuple(CODES)):
        card.reset()
        for one in package.files.values():
            found += compared(card, package, one, codes)
    found += [shown(path) + " is there" for path in present(card, package)]
    return found


def compared(card, package, one, codes):
    """Compares one file with the codes verified; yields differences."""
    name, reader = shown(one.path), Reader(card)
    adf = next(
        (
            f.aid
            for n in range(len(one.path) + 1)
            if (f := package.files.get(one.path[:n])) and f.aid
        ),
        None,
    )
    selected = reader.select(one.path, adf)
    if selected.sw != 0x9000:
        yield f"{name}: SELECT {selected.sw:04X}"
        return
    values, special = shown_fcp(selected.data)
    wanted = described(package, one)
    for tag in sorted(wanted.keys() | values.keys()):
        if values.get(tag) != wanted.get(tag):
            yield f"{name}: FCP {tag:02X} is {values.get(tag)!r}, expected {wanted.get(tag)!r}"
    if special != (0 if one.is_directory else one.special):
        yield f"{name}: special {special:02X}, expected {one.special:02X}"
    if one.is_directory:
        return
    verify(card, package, one.path, codes)
    satisfied = {key for key in (0x01, *codes) if known(package, one.path, key, codes)}
    body = package.body(one.path)
    may = one.rule is not None and holds(
        read_condition(rule_of(package, one.path, *one.rule)), satisfied
    )
    read = reader.body(body)
    expected = bytes(body.body)
    if body.is_ber_tlv:
        expected = expected.rstrip(b"\xff")
    if not may and read != 0x6982:
        yield f"{name}: read without right gives {read!r}"
    if may and read != expected:
        yield f"{name}: content {read!r}, expected {expected!r}"


def known(package, path, key, codes):
    """Returns whether conditions with this key hold: it is verified, or it is disabled."""
    places = [path[:n] for n in range(len(path) - 1, -1, -1)] if key & 0x80 else [()]
    there = [p for p in places if (p, key) in package.enabled_pins]
    return bool(there) and (key in codes or not package.enabled_pins[there[0], key])


def verify(card, package, path, codes):
    """Verifies the codes that exist in the directory of the file."""
    for key in codes:
        if known(package, path, key, codes):
            command = CommandApdu(0, Ins.VERIFY_PIN, 0, key, CODES[key])
            assert card.transmit(command).sw == 0x9000, f"code {key:02X} at {shown(path)}"


def present(card, package):
    """Yields files of the templates that the package does not make and the card has."""
    for path in sorted(package.absent - package.files.keys()):
        top = package.files.get(path[:1])
        answer = Reader(card).select(path, top.aid if top and top.aid else None)
        if answer.sw != 0x6A82:
            yield path


def shown(path):
    return "/".join(f"{fid:04X}" for fid in (0x3F00, *path))


def loaded(card, run, octets):
    """Loads a package into a card and enables it, all by ES10 functions."""
    facts = ProfileFacts.of_package(octets)
    metadata = StoreMetadataRequest(
        iccid=facts.iccid, service_provider_name="GSMA_TEST", profile_name="GSMA_TEST_PROFILE"
    )
    what = TestProfile(ProfileParameters(iccid=facts.iccid, imsi=None), octets, metadata)
    server = server_maker(run.pki, Curve.NIST_P256, "test", run.options.started)()
    server.install(card, what)
    identifier = ProfileIdentifier(iccid=facts.iccid)
    request = EnableProfileRequest(profile_identifier=identifier, refresh_flag=False)
    expect.ok(card.send(request))


@pytest.mark.parametrize("name", PACKAGES)
def test_every_file_is_as_the_package_defines(name, package_of):
    run = Run(RunOptions())
    card = Card(run.target.open())
    card.reset()
    octets = place(name).read_bytes()
    loaded(card, run, octets)
    package = package_of(octets)
    assert "\n".join(compare(card, package)) == ""
    assert len(package.files) > 200


@pytest.mark.parametrize(
    ("path", "change", "begin"),
    [
        ((0x7FD0, 0x6F07), lambda f: f.body.__setitem__(3, 0), "3F00/7FD0/6F07: content"),
        ((0x2FE2,), lambda f: setattr(f, "sfi", 3), "3F00/2FE2: FCP 88"),
        ((0x7FD0, 0x6F38), lambda f: setattr(f, "rule", ("6F06", 1)), "3F00/7FD0/6F38: FCP 8B"),
        ((0x7FD0,), lambda f: setattr(f, "pins", b"\x01"), "3F00/7FD0: FCP C6"),
        ((0x7FD0, 0x6F09), lambda f: setattr(f, "special", 0), "3F00/7FD0/6F09: special"),
    ],
)
def test_one_altered_expectation_is_reported(path, change, begin, package_of):
    run = Run(RunOptions())
    card = Card(run.target.open())
    card.reset()
    octets = place(PACKAGES[0]).read_bytes()
    loaded(card, run, octets)
    package = package_of(octets)
    change(package.files[path])
    found = compare(card, package)
    assert found
    assert all(one.startswith(begin) for one in found)


@pytest.fixture(scope="module")
def behind_a_reader():
    """Returns a run whose card is reached through pcscd, and its target."""
    from rspharness.simulated.vpcd import VpcdTarget  # noqa: PLC0415  needs pyscard

    run = Run(RunOptions())
    try:
        settings = TargetSettings(kind="vpcd", name="vpcd")
        target = VpcdTarget(TargetOptions(settings=settings, pki=run.pki))
    except ConfigError as error:
        pytest.skip(f"no virtual reader here: {error}")
    yield run, target
    target.close()


@pytest.mark.vpcd
@pytest.mark.parametrize("name", PACKAGES)
def test_every_file_is_as_the_package_defines_through_a_reader(name, package_of, behind_a_reader):
    run, target = behind_a_reader
    card = Card(target.open())
    card.reset()
    octets = place(name).read_bytes()
    loaded(card, run, octets)
    assert "\n".join(compare(card, package_of(octets))) == ""
