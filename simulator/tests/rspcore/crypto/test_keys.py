import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from rspcore.crypto.curves import Curve
from rspcore.crypto.keys import PrivateKey, PublicKey
from rspcore.errors import CryptoError

CURVES = pytest.mark.parametrize("curve", list(Curve), ids=str)
SCALAR = bytes.fromhex("1E5F3A7C9B2D4860A1C3E5F70918273645546372819A0B1C2D3E4F5061728394")

# Field primes and coefficients (FIPS 186-4, D.1.2.3; RFC 5639, 3.4), for arithmetic of our own.
EQUATIONS = {
    Curve.NIST_P256: (
        0xFFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF,
        -3,
        0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B,
    ),
    Curve.BRAINPOOL_P256R1: (
        0xA9FB57DBA1EEA9BC3E660A909D838D726E3BF623D52620282013481D1F6E5377,
        0x7D5A0975FC2C3057EEF67530417AFFE7FB8055C126DC5C6CE94A4B44F330B5D9,
        0x26DC5C6CE94A4B44F330B5D9BBD77CBF958416295CF7E1CE6BCCDC18FF8C07B6,
    ),
}


@pytest.mark.parametrize("half", ["otsk_euicc", "otsk_dp", "sk_dppb"])
def test_public_point_of_a_vector_scalar_is_reproduced(vectors, half):
    keys = vectors["keys"]
    key = PrivateKey.from_scalar(Curve(vectors["curve"]), bytes.fromhex(keys[half]))
    assert key.public.point.hex().upper() == keys[half.replace("sk", "pk")]
    assert key.scalar.hex().upper() == keys[half]


def test_both_sides_agree_on_the_secret_of_the_vectors(vectors):
    curve, keys = Curve(vectors["curve"]), vectors["keys"]
    ours = PrivateKey.from_scalar(curve, bytes.fromhex(keys["otsk_dp"]))
    theirs = PrivateKey.from_scalar(curve, bytes.fromhex(keys["otsk_euicc"]))
    assert ours.agree(theirs.public).hex().upper() == keys["z"]
    assert theirs.agree(ours.public).hex().upper() == keys["z"]


SIGNED = {
    "smdp_signature2": ("smdp_signature2_tbs", "sk_dppb"),
    "euicc_signature2": ("euicc_signature2_tbs", "sk_euicc"),
    "euicc_sign_pir": ("pir_data", "sk_euicc"),
    "euicc_notification_signature": ("notification", "sk_euicc"),
    "euicc_cancel_session_signature": ("cancel_session", "sk_euicc"),
}


@pytest.mark.parametrize("name", SIGNED)
def test_signature_of_the_vector_session_is_reproduced_and_verified(vectors, name):
    session = vectors["rsp_session"]
    data, owner = SIGNED[name]
    scalar = session.get(owner) or vectors["keys"][owner]
    key = PrivateKey.from_scalar(Curve(vectors["curve"]), bytes.fromhex(scalar))
    signature, signed = bytes.fromhex(session[name]), bytes.fromhex(session[data])
    assert key.sign(signed) == signature
    assert key.public.verify(signature, signed)
    assert not key.public.verify(signature, signed + b"\x00")


def test_placeholder_signature_and_card_key_of_the_vectors_are_reproduced(vectors):
    session = vectors["rsp_session"]
    key = PrivateKey.from_scalar(Curve(vectors["curve"]), bytes.fromhex(session["sk_euicc"]))
    assert key.public.point.hex().upper() == session["pk_euicc"]
    made = key.sign(session["placeholder_text"].encode())
    assert made.hex().upper() == session["euicc_signature1"]


def test_signature_inputs_of_the_vectors_chain_as_the_specification_says(vectors):
    session = vectors["rsp_session"]
    signature1, signature2 = session["euicc_signature1"], session["smdp_signature2"]
    assert session["smdp_signature2_tbs"] == session["smdp_signed2"] + "5F3740" + signature1
    assert session["euicc_signature2_tbs"] == session["euicc_signed2"] + "5F3740" + signature2
    assert session["pir"].endswith(session["pir_data"] + "5F3740" + session["euicc_sign_pir"])


@CURVES
@pytest.mark.parametrize(
    "signature",
    [b"", bytes(63), bytes(64), bytes(65), b"\xff" * 64, bytes(31) + b"\x01" + bytes(32)],
    ids=["empty", "short", "zeros", "long", "beyond the order", "s is zero"],
)
def test_malformed_signature_is_not_verified(curve, signature):
    assert PrivateKey.from_scalar(curve, SCALAR).public.verify(signature, b"data") is False


def test_signature_without_its_leading_zero_is_not_verified():
    key = PrivateKey.from_scalar(Curve.NIST_P256, SCALAR)
    tried = (number.to_bytes(2, "big") for number in range(65536))
    data = next(data for data in tried if key.sign(data)[32] == 0)
    signature = key.sign(data)
    assert key.public.verify(signature, data)
    assert not key.public.verify(signature[:32] + signature[33:], data)


@CURVES
def test_every_flipped_octet_of_a_signature_is_noticed(curve):
    key = PrivateKey.from_scalar(curve, SCALAR)
    signature = key.sign(b"data")
    for position in range(0, 64, 9):
        damaged = bytearray(signature)
        damaged[position] ^= 0x10
        assert not key.public.verify(bytes(damaged), b"data")


@CURVES
def test_signature_of_another_key_is_not_verified(curve):
    other = PrivateKey.from_random(curve, bytes(range(48)))
    assert not PrivateKey.from_scalar(curve, SCALAR).public.verify(other.sign(b"data"), b"data")


@CURVES
def test_der_and_raw_signatures_are_one_signature(curve):
    key = PrivateKey.from_scalar(curve, SCALAR)
    assert key.public.verify_der(key.sign_der(b"data"), b"data")
    assert not key.public.verify_der(key.sign_der(b"data"), b"other")
    assert not key.public.verify_der(b"\x30\x00", b"data")


@CURVES
def test_compressed_point_is_refused(curve):
    point = PrivateKey.from_scalar(curve, SCALAR).public.point
    with pytest.raises(CryptoError, match="uncompressed"):
        PublicKey.from_point(curve, bytes((2 | point[64] & 1,)) + point[1:33])


@CURVES
def test_point_off_the_curve_is_refused(curve):
    point = PrivateKey.from_scalar(curve, SCALAR).public.point
    with pytest.raises(CryptoError, match="not on"):
        PublicKey.from_point(curve, point[:64] + bytes((point[64] ^ 1,)))


@CURVES
@pytest.mark.parametrize("octets", [b"", b"\x00", b"\x04", bytes(65), b"\x04" + bytes(63)])
def test_octets_that_are_no_point_are_refused(curve, octets):
    with pytest.raises(CryptoError):
        PublicKey.from_point(curve, octets)


def test_point_of_the_other_curve_is_refused():
    point = PrivateKey.from_scalar(Curve.NIST_P256, SCALAR).public.point
    with pytest.raises(CryptoError):
        PublicKey.from_point(Curve.BRAINPOOL_P256R1, point)


@CURVES
def test_scalar_out_of_range_is_refused(curve):
    for number in (0, curve.order, 2**256 - 1):
        with pytest.raises(CryptoError, match="order"):
            PrivateKey.from_scalar(curve, number.to_bytes(32, "big"))
    with pytest.raises(CryptoError, match="32 octets"):
        PrivateKey.from_scalar(curve, bytes(31))
    highest = PrivateKey.from_scalar(curve, (curve.order - 1).to_bytes(32, "big"))
    lowest = PrivateKey.from_scalar(curve, (1).to_bytes(32, "big"))
    assert highest.public.point[:33] == lowest.public.point[:33]  # n - 1 negates the base point


@CURVES
def test_random_octets_are_reduced_into_the_range_of_scalars(curve):
    zero = PrivateKey.from_random(curve, bytes(40))
    wrapped = PrivateKey.from_random(curve, (curve.order - 1).to_bytes(40, "big"))
    assert zero.scalar == wrapped.scalar == (1).to_bytes(32, "big")
    with pytest.raises(CryptoError, match="40 random octets"):
        PrivateKey.from_random(curve, bytes(39))


def test_agreement_across_curves_is_refused():
    ours = PrivateKey.from_scalar(Curve.NIST_P256, SCALAR)
    theirs = PrivateKey.from_scalar(Curve.BRAINPOOL_P256R1, SCALAR)
    with pytest.raises(CryptoError, match="key agreement"):
        ours.agree(theirs.public)


@CURVES
def test_pem_round_trip_keeps_the_key(curve):
    key = PrivateKey.from_scalar(curve, SCALAR)
    assert PrivateKey.from_pem(key.to_pem()) == key


def test_pem_is_what_the_library_writes():
    for curve in Curve:
        key = PrivateKey.from_scalar(curve, SCALAR)
        backend = ec.derive_private_key(int.from_bytes(SCALAR, "big"), curve.backend)
        written = backend.private_bytes(
            Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()
        )
        assert key.to_pem() == written


def pem(key: PrivateKeyTypes) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


@pytest.mark.parametrize(
    "octets",
    [
        b"",
        b"-----BEGIN CERTIFICATE-----\n",
        pem(ec.derive_private_key(5, ec.SECP384R1())),
        pem(ed25519.Ed25519PrivateKey.from_private_bytes(bytes(32))),
    ],
    ids=["empty", "certificate", "other curve", "other kind"],
)
def test_pem_without_a_usable_key_is_refused(octets):
    with pytest.raises(CryptoError, match=r"PEM|secp384r1"):
        PrivateKey.from_pem(octets)


def test_pem_of_pkcs8_is_read():
    key = ec.derive_private_key(int.from_bytes(SCALAR, "big"), ec.SECP256R1())
    assert PrivateKey.from_pem(pem(key)).scalar == SCALAR


@CURVES
def test_key_material_is_not_shown(curve):
    key = PrivateKey.from_scalar(curve, SCALAR)
    shown = repr(key).upper()
    assert SCALAR.hex().upper()[:8] not in shown
    assert str(int.from_bytes(SCALAR, "big")) not in shown


@CURVES
@settings(max_examples=15)
@given(seed=st.binary(min_size=40, max_size=64), data=st.binary(max_size=64))
def test_any_key_signs_what_it_verifies_and_lies_on_its_curve(curve, seed, data):
    key = PrivateKey.from_random(curve, seed)
    assert key.public.verify(key.sign(data), data)
    prime, a, b = EQUATIONS[curve]
    x = int.from_bytes(key.public.point[1:33], "big")
    y = int.from_bytes(key.public.point[33:], "big")
    assert (y * y - (x**3 + a * x + b)) % prime == 0
