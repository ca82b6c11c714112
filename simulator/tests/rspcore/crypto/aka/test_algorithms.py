"""The authentication algorithms against the published vectors."""

import json
from pathlib import Path

import pytest

from rspcore.crypto.aka.algorithm import gsm_triplet, xor
from rspcore.crypto.aka.keccak import keccak_f1600
from rspcore.crypto.aka.milenage import Milenage, opc_from_op
from rspcore.crypto.aka.tuak import Tuak, topc_from_top
from rspcore.crypto.aka.usim_test_algorithm import UsimTestAlgorithm
from rspcore.errors import CryptoError

pytestmark = pytest.mark.evidence

VECTORS = Path(__file__).parents[5] / "fixtures" / "vectors"
MILENAGE = json.loads((VECTORS / "milenage.json").read_text())["vectors"]


@pytest.mark.parametrize("case", MILENAGE, ids=[case["k"][:8] for case in MILENAGE])
def test_milenage_set_gives_published_results(case):
    octets = {name: bytes.fromhex(text) for name, text in case.items()}
    assert opc_from_op(octets["k"], octets["op"]) == octets["opc"]
    algorithm = Milenage(octets["k"], octets["opc"])
    vector = algorithm.vector(octets["rand"])
    assert algorithm.mac_a(octets["rand"], octets["sqn"], octets["amf"]) == octets["mac_a"]
    assert algorithm.mac_s(octets["rand"], octets["sqn"], octets["amf"]) == octets["mac_s"]
    assert (vector.res, vector.ck, vector.ik, vector.ak) == tuple(
        octets[name] for name in ("res", "ck", "ik", "ak")
    )
    assert algorithm.resync_ak(octets["rand"]) == octets["resync_ak"]
    assert gsm_triplet(vector) == (octets["sres"], octets["kc"])
    autn = xor(octets["sqn"], vector.ak) + octets["amf"] + octets["mac_a"]
    assert autn == octets["autn"]


def test_milenage_resynchronisation_gives_published_auts():
    first = {name: bytes.fromhex(text) for name, text in MILENAGE[0].items()}
    algorithm = Milenage(first["k"], first["opc"])
    for sqn, auts in (
        ("ff9bb4d0b607", "ba853f3c123ccf44e93596e355c6"),
        ("000000000021", "451e8beca41a80125eca8884b56a"),
    ):
        held = bytes.fromhex(sqn)
        made = xor(held, algorithm.resync_ak(first["rand"])) + algorithm.mac_s(
            first["rand"], held, bytes(2)
        )
        assert made.hex() == auts


def test_keccak_permutation_of_zero_gives_first_lane_of_fips_202():
    assert keccak_f1600(bytes(200))[:8].hex() == "e7dde140798f25f1"


def test_tuak_gives_published_results():
    key, rand, sqn, amf = bytes([0xAB] * 16), bytes([0x42] * 16), bytes([0x11] * 6), b"\xff\xff"
    topc = topc_from_top(key, bytes([0x55] * 32))
    assert topc.hex() == "bd04d9530e87513c5d837ac2ad954623a8e2330c115305a73eb45d1f40cccbff"
    algorithm = Tuak(key, topc, res_length=4)
    vector = algorithm.vector(rand)
    assert algorithm.mac_a(rand, sqn, amf).hex() == "f9a54e6aeaa8618d"
    assert algorithm.mac_s(rand, sqn, amf).hex() == "e94b4dc6c7297df3"
    assert vector.res.hex() == "657acd64"
    assert vector.ck.hex() == "d71a1e5c6caffe986a26f783e5c78be1"
    assert vector.ik.hex() == "be849fa2564f869aecee6f62d4337e72"
    assert vector.ak.hex() == "719f1e9b9054"
    assert algorithm.resync_ak(rand).hex() == "e7af6b3d0e38"


def test_usim_test_algorithm_gives_published_results():
    algorithm = UsimTestAlgorithm(bytes(range(16)))
    rand = bytes.fromhex("23553cbe9637a89d218ae64dae47bf35")
    vector = algorithm.vector(rand)
    assert vector.res.hex() == "23543ebd9232ae9a2983ec46a24ab13a"
    assert vector.ck.hex() == "543ebd9232ae9a2983ec46a24ab13a23"
    assert vector.ik.hex() == "3ebd9232ae9a2983ec46a24ab13a2354"
    assert vector.ak.hex() == "bd9232ae9a29"
    sqn, amf = bytes.fromhex("000000000021"), bytes.fromhex("8000")
    assert algorithm.mac_a(rand, sqn, amf).hex() == "23543ebd92132e9a"
    assert [part.hex() for part in gsm_triplet(vector)] == ["3aafcd5b", "0529cb4867bfaadd"]
    held = bytes.fromhex("000000000041")
    auts = xor(held, algorithm.resync_ak(rand)) + algorithm.mac_s(rand, held, bytes(2))
    assert auts.hex() == "bd9232ae9a6823543ebd9273ae9a"


@pytest.mark.parametrize(
    "make",
    [
        lambda: Milenage(bytes(15), bytes(16)),
        lambda: Milenage(bytes(16), bytes(17)),
        lambda: Milenage(bytes(16), bytes(16), rotation=bytes((1, 0, 0, 0, 0))),
        lambda: Tuak(bytes(24), bytes(32)),
        lambda: Tuak(bytes(16), bytes(32), res_length=5),
        lambda: UsimTestAlgorithm(bytes(8)),
        lambda: UsimTestAlgorithm(bytes(16)).vector(bytes(15)),
    ],
    ids=["milenage-k", "milenage-opc", "milenage-r1", "tuak-k", "tuak-res", "xor-k", "xor-rand"],
)
def test_wrong_length_is_refused(make):
    with pytest.raises(CryptoError, match="octets; expected"):
        make()
