"""A BoundProfilePackage of a trace is opened with its session keys, and with no others."""

import json
from pathlib import Path

import pytest

from rspcore.bpp import BindingInputs, bind, cut, segments
from rspcore.crypto.curves import Curve
from rspcore.crypto.kdf import BspKeys, session_keys
from rspcore.crypto.keys import PrivateKey
from rspcore.errors import ConfigError
from rspcore.ids import Eid, TransactionId
from rspcore.profile_maker import make_profile, preset
from rspharness.cli.main import main
from rspharness.evidence.decoded_trace import decoded
from rspharness.evidence.packages_in_clear import PackagesInClear
from rspharness.record.session_keys import read_session_keys
from rspharness.record.trace import read_events

ROOT = Path(__file__).parents[3]
VECTORS = json.loads((ROOT / "fixtures/vectors/bsp-nistP256.json").read_text("utf-8"))
SHARED = json.loads((ROOT / "fixtures/vectors/bsp-inputs.json").read_text("utf-8"))
KEYS = BspKeys(
    *(bytes.fromhex(VECTORS["keys"][name]) for name in ("chaining_value", "s_enc", "s_mac"))
)
PPK = BspKeys(bytes(range(0xA0, 0xB0)), bytes(range(0xB0, 0xC0)), bytes(range(0xC0, 0xD0)))
OTHER = BspKeys(bytes(16), bytes(range(16)), bytes(range(16, 32)))
PARAMETERS = preset("PROFILE_OPERATIONAL1")
PROFILE = make_profile(PARAMETERS)
BLOCK = 120


def package(**changed):
    """Returns a package for the card of the vectors, in their session."""
    keys = VECTORS["keys"]
    scalars = {
        name: PrivateKey.from_scalar(Curve.NIST_P256, bytes.fromhex(keys[name]))
        for name in ("otsk_euicc", "sk_dppb", "otsk_dp")
    }
    given = BindingInputs(
        key_dp=scalars["sk_dppb"],
        transaction_id=TransactionId.from_hex(SHARED["transaction_id"]),
        otsk_dp=scalars["otsk_dp"],
        otpk_euicc=scalars["otsk_euicc"].public,
        eid=Eid.from_digits(SHARED["eid"]),
        host_id=bytes.fromhex(SHARED["host_id"]),
        metadata=PROFILE.metadata.encode(),
        upp=PROFILE.upp,
        **changed,
    )
    return bind(given).encode()


def trace(octets):
    """Returns a trace in which a card gets a package, segment by segment."""
    lines = []
    for segment in segments(octets):
        blocks = cut(segment, BLOCK)
        for number, block in enumerate(blocks):
            last = number == len(blocks) - 1
            head = bytes((0x81, 0xE2, 0x91 if last else 0x11, number, len(block)))
            lines += [f"> {(head + block).hex(' ').upper()}", "< 90 00"]
    return "\n".join(lines) + "\n"


def keys_text(*sessions):
    lines = []
    for one in sessions:
        lines += [
            f"session key S-ENC {one.s_enc.hex().upper()}",
            f"session key S-MAC {one.s_mac.hex().upper()}",
            f"initial MAC chaining value {one.mac_chaining_value.hex().upper()}",
        ]
    return "".join(f"{line}\n" for line in lines)


def clear(octets, *keys):
    """Returns what a trace holds in clear, and how many packages were met and opened."""
    packages = PackagesInClear(keys)
    shown, of_segment = [], False
    for line in decoded(read_events(trace(octets)), packages):
        of_segment = line[:4] == "  = " or (of_segment and line[:4] == "    ")
        if of_segment:
            shown.append(line[4:])
    return shown, (packages.met, packages.opened)


def test_session_keys_of_the_vectors_open_the_package_of_the_vectors():
    shown, counted = clear(bytes.fromhex(VECTORS["bpp"]["a"]), KEYS)
    assert counted == (1, 1)
    assert shown[0] == "ConfigureISDPRequest"
    assert "  iccid: 98001032547698103214 (89000123456789012341)" in shown
    # the profile octets of the vectors are no profile elements: they are named, and not shown
    assert not any("0405060708090A0B" in line for line in shown)


def test_recorded_package_of_an_sm_dp_is_opened():
    recorded = json.loads((ROOT / "fixtures/vectors/outside-bsp.json").read_text("utf-8"))
    names = ("chaining_value", "s_enc", "s_mac")
    keys = [BspKeys(*(bytes.fromhex(one[name]) for name in names)) for one in recorded["keys"]]
    packages = PackagesInClear((OTHER, *keys))
    list(packages.lines(bytes.fromhex("BF3600"), 1))
    tlvs = [bytes.fromhex(one["tlv"]) for one in recorded["session"]]
    shown = [
        line
        for tlv, outer in zip(tlvs, (0xA0, 0xA1, 0xA2), strict=True)
        for line in packages.lines(bytes((outer, 0x81, len(tlv))) + tlv, 1)
    ]
    heads = [line for line in shown if line[:1] != " "]
    assert heads == ["ConfigureISDPRequest", "StoreMetadataRequest", "ReplaceSessionKeysRequest"]
    assert (packages.met, packages.opened) == (1, 1)


@pytest.mark.parametrize("changed", [{}, {"replace_keys": PPK}, {"segment_octets": 200}])
def test_elements_are_shown_by_name_and_without_secrets(changed):
    shown, counted = clear(package(**changed), OTHER, KEYS)
    assert counted == (1, 1)
    heads = [line.split(",")[0] for line in shown if line[:1] != " "]
    assert heads[0] == "ConfigureISDPRequest"
    assert ("ReplaceSessionKeysRequest" in heads) is ("replace_keys" in changed)
    assert {"StoreMetadataRequest", "header", "mf", "usim", "akaParameter", "end"} <= set(heads)
    assert f"  iccid: {str(PARAMETERS.iccid)!r}" in shown
    secrets = (PARAMETERS.ki, PARAMETERS.pin1, PARAMETERS.kic, PPK.s_enc, PPK.s_mac)
    text = "\n".join(shown)
    assert not [one for one in secrets if one.hex().upper() in text]


def test_metadata_in_pieces_are_put_together():
    shown, _ = clear(package(metadata_octets=40), KEYS)
    assert "40 octets of StoreMetadataRequest, which goes on" in shown
    assert f"  iccid: {PARAMETERS.iccid.octets.hex().upper()} ({PARAMETERS.iccid})" in shown


def test_other_keys_open_nothing_and_say_so():
    shown, counted = clear(package(), OTHER)
    assert shown == ["none of the session keys opens it; packages whose keys are there: 1"]
    assert counted == (1, 0)


def test_what_follows_a_wrong_mac_is_not_shown():
    octets = bytearray(package())
    octets[-1] ^= 1
    shown, counted = clear(bytes(octets), KEYS)
    assert counted == (1, 1)
    assert shown[-1].startswith("cannot be read further: 86 at offset")
    assert not any(line.startswith("end,") for line in shown)


def test_reset_ends_a_package():
    cuts = trace(package()).splitlines(keepends=True)
    text = "".join((*cuts[:4], "ATR 3B 00\n", *cuts[4:]))
    packages = PackagesInClear((KEYS,))
    assert not any(line.startswith("  =") for line in decoded(read_events(text), packages))
    assert packages.met == 0


def test_keys_beside_a_trace_open_it(tmp_path, capsys):
    file = tmp_path / "case.txt"
    file.write_text(trace(package()))
    assert main(["decode", str(file)]) == 0
    assert "  = header," not in capsys.readouterr().out
    (tmp_path / "case.keys").write_text("# case\n" + keys_text(OTHER, KEYS))
    assert main(["decode", str(file)]) == 0
    shown = capsys.readouterr().out
    assert "  = header," in shown
    assert "  = StoreMetadataRequest" in shown


def test_named_keys_that_open_nothing_are_an_error_with_a_reason(tmp_path, capsys):
    file, keys = tmp_path / "case.txt", tmp_path / "bsp.txt"
    file.write_text(trace(package()))
    keys.write_text(keys_text(OTHER))
    assert main(["decode", str(file), "--session-keys", str(keys)]) == 3
    assert f"no BoundProfilePackage in it is opened by {keys} (1 met)" in capsys.readouterr().err
    file.write_text("> 81 E2 91 00 06 BF 3E 03 5C 01 5A 00\n< 90 00\n")
    assert main(["decode", str(file), "--session-keys", str(keys)]) == 3
    assert "(none met)" in capsys.readouterr().err


def test_package_of_an_http_body_or_of_a_file_is_opened_too(tmp_path, capsys):
    file, keys = tmp_path / "package.der", tmp_path / "bsp.txt"
    file.write_bytes(package())
    keys.write_text(keys_text(KEYS))
    assert main(["decode", str(file), "--session-keys", str(keys)]) == 0
    shown = capsys.readouterr().out.splitlines()
    assert [line for line in shown if line.startswith("= header,")]
    assert not any(PARAMETERS.ki.hex().upper() in line for line in shown)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "expected session keys, found none"),
        ("session key S-ENC 00\n", "line 1: expected `session key S-ENC` and its 32"),
        (keys_text(KEYS).replace("S-MAC", "S-NEW"), "not session key S-NEW"),
        ("".join(keys_text(KEYS).splitlines(keepends=True)[:2]), "ends before `initial MAC"),
        ("CLIENT_RANDOM 00 00\n", "line 1: expected `session key S-ENC`"),
    ],
)
def test_file_that_is_no_session_keys_is_refused_with_its_line(text, said):
    with pytest.raises(ConfigError, match=r"bsp\.txt") as caught:
        read_session_keys(text, "bsp.txt")
    assert said in str(caught.value)


def test_keys_of_a_package_that_replaces_them_are_passed_over():
    text = "PPK S-ENC " + "00" * 16 + "\n" + keys_text(KEYS, OTHER)
    assert read_session_keys(text, "bsp.txt") == (KEYS, OTHER)
    shared = bytes.fromhex(VECTORS["keys"]["z"])
    host_id = bytes.fromhex(SHARED["host_id"])
    assert session_keys(shared, host_id=host_id, eid=Eid.from_digits(SHARED["eid"])) == KEYS
