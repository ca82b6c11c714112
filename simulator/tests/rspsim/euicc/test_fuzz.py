"""Arbitrary octets: the card answers each with a status word, and keeps its state."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rspcore import tlv
from rspcore.bpp import segments
from rspcore.profile_reader import split

SETTINGS = settings(
    max_examples=150,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def is_response(answer: bytes) -> bool:
    return len(answer) >= 2 and 0x60 <= answer[-2] <= 0x9F


@SETTINGS
@given(st.binary(max_size=300))
def test_any_octets_are_answered(lab, octets):
    assert is_response(lab.card.transmit(octets))


@SETTINGS
@given(
    st.sampled_from([0x00, 0x01, 0x80, 0x81, 0x84, 0xA0, 0xC0]),
    st.binary(min_size=3, max_size=3),
    st.binary(max_size=40),
    st.sampled_from([b"", b"\x00", b"\x01", b"\xff"]),
)
def test_any_header_is_answered(lab, cla, header, data, le):
    body = bytes((len(data),)) + data if data else b""
    assert is_response(lab.card.transmit(bytes((cla,)) + header + body + le))


TAGS = [
    *(0xBF00 | low for low in range(0x20, 0x46)),
    *(0xA0, 0xA1, 0xA2, 0xA3, 0x86, 0x87, 0x88, 0x30, 0x5A, 0x4F, 0x5C, 0x80, 0x81, 0x82, 0x90),
]


def data_objects(depth: int) -> st.SearchStrategy[bytes]:
    if depth == 0:
        return st.binary(max_size=24)
    inner = st.lists(
        st.builds(tlv.encode, st.sampled_from(TAGS), data_objects(depth - 1)), max_size=4
    )
    return st.one_of(st.binary(max_size=24), inner.map(b"".join))


@SETTINGS
@given(st.builds(tlv.encode, st.sampled_from(TAGS), data_objects(3)))
def test_any_data_objects_are_answered(lab, octets):
    data, sw = lab.send(octets, 255)
    assert sw in (0x9000, 0x910B, 0x6A80, 0x6A86, 0x6A88, 0x6985, 0x6700)
    if sw == 0x9000 and data:
        tlv.parse(data)


@pytest.fixture(scope="module")
def requests(lab_type, profile_of):
    """Good requests of every kind, to be damaged, and the card that accepts them."""
    lab = lab_type()
    server, profile = lab.server(), profile_of(1)
    challenge = lab.challenge()
    authenticate = server.authenticate_request(challenge)
    signature1 = lab.authenticated(server)
    prepare = server.download_request(signature1, hash_cc=bytes(32))
    otpk = lab.prepared(server)
    cut = segments(server.bind(lab, otpk, profile).encode())
    iccid = profile.metadata.iccid.octets.hex()
    plain = [
        f"BF3111A00C5A0A{iccid}8101FF",
        f"BF3211A00C5A0A{iccid}810100",
        f"BF330C5A0A{iccid}",
        f"BF290F5A0A{iccid}900178",
        "BF2D0CA003950102" + "5C055A4F9F7090",
        "BF4106800101810100",
        "BF2B05A003800101",
        "BF3005800101" + "",
        "BF3404820205E0",
    ]
    return lab, [authenticate, prepare, *cut, *map(bytes.fromhex, plain)]


@SETTINGS
@given(data=st.data())
def test_damaged_requests_are_answered_and_keep_the_state_consistent(requests, data):
    lab, good = requests
    octets = bytearray(data.draw(st.sampled_from(good)))
    for _ in range(data.draw(st.integers(1, 3))):
        position = data.draw(st.integers(0, len(octets) - 1))
        octets[position] = data.draw(st.integers(0, 255))
    if data.draw(st.booleans()):
        del octets[data.draw(st.integers(1, len(octets))) :]
    before, commits = lab.state, lab.store.commits
    _, sw = lab.send(bytes(octets), 255)
    assert 0x6000 <= sw <= 0x9FFF
    if lab.store.commits == commits:
        assert lab.state is before
    assert sum(profile.enabled for profile in lab.state.profiles) <= 1


@SETTINGS
@given(data=st.data())
def test_damaged_packages_are_refused_or_installed(lab, profile_of, data):
    profile = profile_of(1)
    parts = [bytearray(one.raw) for one in split(profile.upp)]
    chosen = data.draw(st.sampled_from(parts))
    position = data.draw(st.integers(2, len(chosen) - 1)) if len(chosen) > 2 else 0
    chosen[position] = data.draw(st.integers(0, 255))
    answer, _ = lab.load(lab.bound(profile, upp=b"".join(map(bytes, parts))))
    assert answer[:2] == b"\xbf\x37"
    if lab.state.profiles:
        lab.delete(profile.metadata.iccid)
