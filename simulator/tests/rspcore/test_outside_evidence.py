"""Every codec is held against values made elsewhere; one that is broken on purpose fails."""

import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from rspcore import schema, tlv
from rspcore.crypto import bsp, kdf, keys, suci
from rspcore.crypto.aka import milenage
from rspcore.crypto.curves import Curve
from rspcore.errors import RspError
from rspcore.ids import Eid
from rspcore.messages import codec
from rspcore.messages.v3 import profile_management
from rspcore.ota import packet
from rspcore.pki.bundle import Pki
from rspcore.pki.certificate import Certificate
from rspcore.profile_reader import ProfileFacts, decode_element, encode_element, split

sys.path.insert(0, str(Path(__file__).parents[1]))
from evidence import ROOT, digest_of, found, groups, listed, place, required

OCTETS = bytes.fromhex


def values(name: str) -> dict:
    return json.loads(place(f"fixtures/vectors/{name}.json").read_text(encoding="utf-8"))


def check_bsp() -> None:
    recorded = values("outside-bsp")
    for one in recorded["keys"]:
        made = kdf.session_keys(
            OCTETS(one["shared_secret"]),
            host_id=OCTETS(recorded["host_id"]),
            eid=Eid(OCTETS(one["eid"])),
        )
        assert made.mac_chaining_value.hex() == one["chaining_value"]
        assert (made.s_enc.hex(), made.s_mac.hex()) == (one["s_enc"], one["s_mac"])
    state = bsp.Bsp(made)
    for segment in recorded["session"]:
        tag, octets = int(segment["tag"], 16), OCTETS(segment["tlv"])
        plain = tag == 0x88
        opened, _ = (state.unprotect_mac_only if plain else state.unprotect)(tlv.parse(octets))
        assert opened.hex() == segment["plaintext"]
        protect = state.protect_mac_only if plain else state.protect
        written, state = protect(tag, OCTETS(segment["plaintext"]))
        assert written == octets


def check_key_agreement() -> None:
    recorded = values("outside-key-agreement")
    for curve in Curve:
        one = recorded[str(curve)]
        key = keys.PrivateKey.from_scalar(curve, OCTETS(one["private"]))
        assert key.public.point.hex() == one["public"]
        peer = keys.PublicKey.from_point(curve, OCTETS(one["peer"]))
        assert key.agree(peer).hex() == one["z"]
    for one in recorded["x963_sha256"]:
        z, info, expected = (OCTETS(one[name]) for name in ("z", "shared_info", "key_data"))
        assert kdf.x963_sha256(z, info, len(expected)) == expected


def check_aka() -> None:
    for one in values("milenage")["vectors"]:
        octets = {name: OCTETS(text) for name, text in one.items()}
        assert milenage.opc_from_op(octets["k"], octets["op"]) == octets["opc"]
        algorithm = milenage.Milenage(octets["k"], octets["opc"])
        assert algorithm.mac_a(octets["rand"], octets["sqn"], octets["amf"]) == octets["mac_a"]
        vector = algorithm.vector(octets["rand"])
        assert [vector.res, vector.ck, vector.ik] == [octets[n] for n in ("res", "ck", "ik")]


def check_suci() -> None:
    recorded = values("outside-suci")
    for name in ("PROFILE_A", "PROFILE_B"):
        scheme = suci.ProtectionScheme[name]
        octets = {key: OCTETS(text) for key, text in recorded[name].items()}
        made = suci.conceal(scheme, octets["public"], octets["ephemeral"], OCTETS(recorded["msin"]))
        assert made.ephemeral_public_key == octets["ephemeral_public"]
        assert (made.ciphertext, made.mac) == (octets["ciphertext"], octets["mac"])
        assert suci.reveal(scheme, octets["private"], made) == OCTETS(recorded["msin"])


def check_scp80() -> None:
    for one in values("outside-scp80")["packets"]:
        parameters = packet.SecurityParameters(*OCTETS(one["parameters"]))
        owned = packet.KeySet(parameters.kic >> 4, OCTETS(one["kic_key"]), OCTETS(one["kid_key"]))
        if "packet" in one:
            sent = packet.CommandPacket(parameters, OCTETS(one["tar"]), 0, OCTETS(one["script"]))
            assert sent.encode(owned).hex() == one["packet"], one["name"]
            assert packet.CommandPacket.decode(OCTETS(one["packet"]), owned) == sent
        if "answer" in one:
            answer = packet.ResponsePacket.decode(OCTETS(one["answer"]), parameters, owned)
            assert (answer.status, answer.data.hex()) == (0, one["data"]), one["name"]
            assert answer.encode(parameters, owned).hex() == one["answer"], one["name"]


def check_certificates() -> None:
    files = [(one.name, one.read_bytes()) for one in sorted(place("sgp26").rglob("*.*"))]
    bundle = Pki.from_files(files)
    for curve in Curve:
        ci, eum, card = (one(curve).certificate for one in (bundle.ci, bundle.eum, bundle.euicc))
        assert eum.signed_by(ci.public_key)
        assert card.signed_by(eum.public_key)
        assert str(card.eid) == "89049032123451234512345678901235"
    damaged = place("sgp26-invalid/CERT_EUM_ECDSA_NIST_INVALID.der").read_bytes()
    issuer = bundle.ci(Curve.NIST_P256).certificate.public_key
    assert not Certificate.from_der(damaged).signed_by(issuer)


def check_packages() -> None:
    for name in [name for name in listed() if name.startswith("ts48/")]:
        octets = place(name).read_bytes()
        assert str(ProfileFacts.of_package(octets).iccid) == "89000123456789012341"
        for element in split(octets):
            decoded = decode_element(element)
            assert encode_element(decoded.name, decoded.value) == element.raw, element.name


def check_messages_of_version_3():
    for name, text in values("outside-v3-octets")["octets"]:
        kind = getattr(profile_management, name, None)
        if kind is not None:
            octets = OCTETS(text)
            assert replace(kind.decode(octets)).encode() == octets


CHECKS = {
    "BSP": check_bsp,
    "key agreement": check_key_agreement,
    "certificates": check_certificates,
    "packages": check_packages,
    "AKA": check_aka,
    "SUCI": check_suci,
    "messages of version 3": check_messages_of_version_3,
    "SCP80": check_scp80,
}


def always(answer):
    """Returns a function that gives one answer, whatever it is asked."""
    return lambda *_, **__: answer


class Backwards(dict):
    """What reads each structure, with its components in the opposite order."""

    def get(self, kind, _=None):
        return codec._make_reading(kind, tuple(reversed(codec._make_plan(kind))))


BROKEN = {
    "BSP, padding": (bsp, "pad", lambda octets: octets + bytes(-len(octets) % 16)),
    "BSP, shared info": (kdf, "shared_info", lambda host_id, eid, **_: host_id + eid.octets),
    "BSP, counter": (bsp.Bsp, "icv", bytes(16)),
    "key agreement, secret": (keys.PrivateKey, "agree", always(bytes(32))),
    "key agreement, derivation": (kdf, "x963_sha256", lambda z, info, size: (z + info)[:size]),
    "certificates, any signature": (Certificate, "signed_by", always(answer=True)),
    "certificates, no signature": (Certificate, "signed_by", always(answer=False)),
    "packages, tag": (tlv, "read_header", always((0xA0, 2, 2))),
    "packages, content": (schema, "encode", always(b"")),
    "AKA, OPc": (milenage, "opc_from_op", always(bytes(16))),
    "AKA, OPc not added": (milenage.Milenage, "_temp", lambda self, _: self.key),
    "SUCI, MAC": (suci, "_tag", always(bytes(8))),
    "SUCI, key stream": (suci, "_keystream", lambda shared, _, data: (data, shared)),
    "SCP80, checksum": (packet, "checksum", always(bytes(8))),
    "SCP80, ciphering": (packet, "encipher", lambda algorithm, _, data: data[::algorithm]),
    "messages of version 3, order of components": (
        codec,
        "_READING",
        Backwards(),
    ),
    "SCP80, receipt ciphered alone": (packet, "_ciphering_alone", always(answer=False)),
}
"""Codecs broken on purpose: what becomes wrong, and by what."""


@pytest.mark.parametrize("kind", CHECKS)
def test_codec_agrees_with_values_made_elsewhere(kind):
    CHECKS[kind]()


@pytest.mark.parametrize("fault", BROKEN)
def test_broken_codec_disagrees_with_values_made_elsewhere(fault, monkeypatch):
    check = CHECKS[fault.partition(",")[0]]
    check()
    monkeypatch.setattr(*BROKEN[fault])
    with pytest.raises((AssertionError, RspError)):
        check()


def test_every_codec_is_broken_once():
    assert {fault.partition(",")[0] for fault in BROKEN} == set(CHECKS)


def test_every_kind_of_evidence_has_a_file_in_the_list():
    assert {kind for group in groups() for kind in group["proves"]} == set(CHECKS)
    assert all(group["origin"] for group in groups())


def test_files_are_the_listed_ones():
    """Compares by hash; outside the repository only what is there, unless it is required."""
    for name, digest in listed().items():
        path = found(name)
        if path.exists() or required() or name.startswith("fixtures/"):
            assert digest_of(path) == digest, name


@pytest.mark.parametrize("word", ["0", "1"])
def test_absent_file_skips_or_fails_where_required(word, monkeypatch):
    monkeypatch.setenv("RSPLAB_REQUIRE_DATA", word)
    outcome = pytest.fail.Exception if word == "1" else pytest.skip.Exception
    with pytest.raises(outcome, match="evidence is absent: ts48/absent"):
        place("ts48/absent.der")


def test_no_other_test_looks_for_the_data_by_itself():
    own = {"evidence_list.py", "evidence.py", Path(__file__).name}
    for tree in ("simulator/tests", "harness/tests"):
        for file in (ROOT / tree).rglob("*.py"):
            text = file.read_text(encoding="utf-8")
            assert file.name in own or '"shared"' not in text, file
            assert file.name in own or "shared/data" not in text, file
