"""`rsplab profile make`: a package from words, which the card installs and shows as written."""

import json

import pytest

from rspcore.pki.generate import make_pki
from rspcore.profile_maker import make_profile
from rspcore.profile_maker.subscriber_files import dialling_number
from rspcore.profile_reader import ProfileFacts
from rspsim.__main__ import PROGRAM
from rspsim.env import ManualClock, SeededRng
from rspsim.personalise import personalise
from rspsim.preloaded_profiles import with_preloaded
from rspsim.smdpp import HttpRequest, SmDpPlus
from rspsim.smdpp.management import Management
from rspsim.smdpp.settings import Area, read_members
from rspsim.smdpp.stock.wished_profile import parameters_of

WORDS = {
    "--iccid": "8929901012345678913",
    "--imsi": "262019876543210",
    "--msisdn": "+4917012345678",
    "--ki": "000102030405060708090A0B0C0D0E0F",
    "--opc": "0F0E0D0C0B0A09080706050403020100",
    "--algorithm": "milenage",
    "--ppr": "ppr2",
    "--gid1": "0A0B",
    "--menu-title": "Ops",
    "--menu": "Info=show:Hello,Bank=send:12345:BALANCE",
    "--contacts": "Anna=+4917098765,Desk=*100#",
    "--size": "9000",
}
BODY = {
    "iccid": "8929901012345678913",
    "imsi": "262019876543210",
    "msisdn": "+4917012345678",
    "ki": "000102030405060708090A0B0C0D0E0F",
    "opc": "0F0E0D0C0B0A09080706050403020100",
    "algorithm": "milenage",
    "ppr": ["ppr2"],
    "gid1": "0A0B",
    "menuTitle": "Ops",
    "menu": {"Info": "show:Hello", "Bank": "send:12345:BALANCE"},
    "contacts": {"Anna": "+4917098765", "Desk": "*100#"},
    "size": 9000,
}


def made(tmp_path, *words):
    file, metadata = tmp_path / "p.der", tmp_path / "m.der"
    code = PROGRAM.main(["profile", "make", str(file), "--metadata", str(metadata), *words])
    return code, file, metadata


def test_package_from_options_is_that_from_members(tmp_path, capsys):
    words = [word for pair in WORDS.items() for word in pair]
    code, file, metadata = made(tmp_path, *words)
    assert code == 0
    assert "9,000 octets, ICCID 8929901012345678913, IMSI 262019876543210, milenage" in (
        capsys.readouterr().out
    )
    other = make_profile(parameters_of(read_members(BODY, Area.PROFILE)))
    assert (file.read_bytes(), metadata.read_bytes()) == (other.upp, other.metadata.encode())
    facts = ProfileFacts.of_package(other.upp)
    assert str(facts.iccid) == BODY["iccid"]


def test_card_has_number_contacts_and_menu_of_the_words():
    profile = make_profile(parameters_of(read_members(BODY, Area.PROFILE)))
    state = with_preloaded(personalise(make_pki()), profile)
    content = state.profiles[-1].content
    texts = b"".join(_octets(content))
    assert dialling_number("", BODY["msisdn"], name_octets=10) in texts
    for name, number in BODY["contacts"].items():
        assert dialling_number(name, number, name_octets=16) in texts
    (menu,) = [one for one in content.applications if one.parameters[:2] == b"\x85\x03"]
    assert b"Ops" in menu.parameters
    assert b"12345:BALANCE" in menu.parameters


def _octets(value):
    """Yields all octets in a value, at any depth."""
    if isinstance(value, bytes):
        yield value
    elif isinstance(value, dict):
        for one in value.values():
            yield from _octets(one)
    elif isinstance(value, list | tuple | frozenset):
        for one in value:
            yield from _octets(one)
    elif hasattr(value, "__dataclass_fields__"):
        for name in value.__dataclass_fields__:
            yield from _octets(getattr(value, name))


@pytest.mark.parametrize(
    ("number", "record"),
    [
        ("+4917012345678", "08 91 94 71 10 32 54 76 F8 FF FF FF"),
        ("12", "02 81 21 FF FF FF FF FF FF FF FF FF"),
        ("*100#", "04 81 1A 00 FB FF FF FF FF FF FF FF"),
    ],
)
def test_dialling_number_is_coded_as_published(number, record):
    """TS 51.011, 10.5.1: length, type of number, digits with nibbles swapped, * is A and # is B."""
    name = "Ab" if number != "12" else "ä"
    alpha = "4162FFFF" if number != "12" else "8000E4FF"
    expected = bytes.fromhex(alpha + record) + b"\xff\xff"
    assert dialling_number(name, number, name_octets=4) == expected


@pytest.mark.parametrize(
    ("words", "code", "text"),
    [
        (["--msisdn", "abc"], 2, "expected at most 20 digits"),
        (["--menu", "Info=shout:x"], 2, "expected show:TEXT"),
        (["--imsi", "12x"], 2, "expected 6 to 15 decimal digits"),
        (["--size", "10"], 2, "the package without padding takes"),
        (["--owner", "1"], 2, "expected 5 or 6 digits"),
        (["--menu", "Info=show:" + "x" * 200], 2, "an action of at most 127 characters"),
    ],
)
def test_words_that_do_not_fit_are_reported_and_nothing_is_written(
    tmp_path, capsys, words, code, text
):
    try:
        got = made(tmp_path, *words)[0]
    except SystemExit as ended:
        got = ended.code
    assert got == code
    assert text in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_file_that_cannot_be_written_is_named(capsys):
    assert PROGRAM.main(["profile", "make", "/nowhere/p.der"]) == 3
    assert "/nowhere/p.der: No such file" in capsys.readouterr().err


def test_order_takes_the_same_words():

    server = SmDpPlus(make_pki(), rng=SeededRng(b"p"), clock=ManualClock())
    headers = {"content-type": "application/json"}
    body = BODY | {"notificationAddresses": ["testsmdpplus1.example.com"]}
    request = HttpRequest(
        method="POST", path="/orders", headers=headers, body=json.dumps(body).encode()
    )
    assert Management(server).handle(request).status == 200
    profile = make_profile(parameters_of(read_members(body, Area.PROFILE)))
    assert server.orders.all()[0].upp == profile.upp
