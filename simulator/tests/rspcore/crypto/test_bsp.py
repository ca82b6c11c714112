from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from hypothesis import given
from hypothesis import strategies as st

from rspcore import tlv
from rspcore.crypto.bsp import (
    MAX_ENCRYPTED_PLAINTEXT,
    MAX_LONG_TLV,
    MAX_TLV,
    Bsp,
    BspSecurityError,
    BspStructureError,
    pad,
    unpad,
)
from rspcore.crypto.kdf import BspKeys
from rspcore.errors import CryptoError, LocalError
from rspcore.tags import Tag

KEYS = BspKeys(bytes(range(0xA0, 0xB0)), bytes(range(0xB0, 0xC0)), bytes(range(0xC0, 0xD0)))
FRESH = Bsp(KEYS)
ENCRYPTED = pytest.mark.parametrize("tag", [Tag.Protected86, Tag.Protected87])


def session(vectors) -> Bsp:
    keys = vectors["keys"]
    return Bsp(BspKeys(*(bytes.fromhex(keys[k]) for k in ("chaining_value", "s_enc", "s_mac"))))


def replacement(inputs) -> BspKeys:
    one = tlv.parse(bytes.fromhex(inputs["replace_session_keys"]))
    return BspKeys(*(bytes(part.value) for part in one.children()))


def expect_segment(bsp: Bsp, segment) -> Bsp:
    """Makes one TLV of the vectors, compares each of its steps and opens it again."""
    tag, plaintext = int(segment["tag"], 16), bytes.fromhex(segment["plaintext"])
    assert bsp.counter == segment["counter"]
    assert bsp.keys.mac_chaining_value.hex().upper() == segment["chaining_value_in"]
    body = plaintext
    if tag != Tag.Protected88:
        assert f"{bsp.counter:032X}" == segment["counter_block"]
        assert bsp.icv.hex().upper() == segment["icv"]
        assert pad(plaintext).hex().upper() == segment["padded"]
        body = bytes.fromhex(segment["ciphertext"])
    protect = bsp.protect_mac_only if tag == Tag.Protected88 else bsp.protect
    made, after = protect(tag, plaintext)
    assert made.hex().upper() == segment["tlv"]
    assert made == bytes.fromhex(segment["header"]) + body + bytes.fromhex(segment["mac"])
    assert after.keys.mac_chaining_value.hex().upper() == segment["cmac"]
    open_ = bsp.unprotect_mac_only if tag == Tag.Protected88 else bsp.unprotect
    assert open_(tlv.parse(made)) == (plaintext, after)
    return after


def test_segments_under_session_keys_are_those_of_the_vectors(vectors):
    bsp = session(vectors)
    for segment in vectors["session_key_mode"]:
        bsp = expect_segment(bsp, segment)
    assert bsp.counter == 6


def test_segments_under_replaced_keys_are_those_of_the_vectors(vectors, inputs):
    bsp = session(vectors)
    for segment in vectors["session_key_mode"][:2]:
        bsp = expect_segment(bsp, segment)
    request, *rest = vectors["random_key_mode_rest"]
    bsp = expect_segment(bsp, request).replaced(replacement(inputs))
    assert bsp.counter == 1
    for segment in rest:
        bsp = expect_segment(bsp, segment)


def test_icvs_of_the_first_counters_are_those_of_the_vectors(vectors):
    keys = session(vectors).keys
    made = [Bsp(keys, counter).icv.hex().upper() for counter in (1, 2, 3, 4)]
    assert made == vectors["icv_of_first_counters"]


def test_88_advances_the_counter(vectors):
    first = vectors["session_key_mode"][2]
    keys = BspKeys(
        bytes.fromhex(first["chaining_value_in"]),
        *(bytes.fromhex(vectors["keys"][key]) for key in ("s_enc", "s_mac")),
    )
    stuck, _ = Bsp(keys, counter=2).protect(0x86, bytes.fromhex(first["plaintext"]))
    assert stuck.hex().upper() == vectors["counter_not_advanced_tlv"]
    assert stuck.hex().upper() != first["tlv"]


def test_longest_86_is_that_of_the_vectors(vectors):
    bsp = session(vectors)
    for segment in vectors["session_key_mode"][:2]:
        bsp = expect_segment(bsp, segment)
    plaintext = bytes(i % 256 for i in range(1007))
    expected = vectors["longest_86"]
    assert bsp.icv.hex().upper() == expected["icv"]
    made, after = bsp.protect(0x86, plaintext)
    assert len(made) == expected["tlv_length"] == MAX_TLV
    assert made[:4].hex().upper() == expected["header"]
    assert made[:36].hex().upper() == expected["tlv_first_36"]
    assert made[-24:].hex().upper() == expected["tlv_last_24"]
    assert after.keys.mac_chaining_value.hex().upper() == expected["cmac"]
    assert sha256(made).hexdigest().upper() == expected["tlv_sha256"]
    assert bsp.unprotect(tlv.parse(made)) == (plaintext, after)


@ENCRYPTED
@given(plaintext=st.binary(max_size=1007), counter=st.integers(1, 2**40))
def test_encrypted_round_trip(tag, plaintext, counter):
    bsp = Bsp(KEYS, counter)
    made, after = bsp.protect(tag, plaintext)
    assert len(made) <= MAX_TLV
    assert bsp.unprotect(tlv.parse(made)) == (plaintext, after)
    assert after.counter == counter + 1


@given(plaintext=st.binary(max_size=1008))
def test_mac_only_round_trip(plaintext):
    made, after = FRESH.protect_mac_only(0x88, plaintext)
    assert len(made) <= MAX_TLV
    assert FRESH.unprotect_mac_only(tlv.parse(made)) == (plaintext, after)


@given(plaintexts=st.lists(st.binary(max_size=64), max_size=6), mac_only=st.sets(st.integers(0, 5)))
def test_mixed_sequence_round_trip(plaintexts, mac_only):
    sender = receiver = FRESH
    for number, plaintext in enumerate(plaintexts):
        if number in mac_only:
            made, sender = sender.protect_mac_only(0x88, plaintext)
            opened, receiver = receiver.unprotect_mac_only(tlv.parse(made))
        else:
            made, sender = sender.protect(0x86, plaintext)
            opened, receiver = receiver.unprotect(tlv.parse(made))
        assert (opened, receiver) == (plaintext, sender)


@ENCRYPTED
@given(plaintext=st.binary(max_size=40), data=st.data())
def test_any_damaged_bit_is_a_security_error(tag, plaintext, data):
    made, _ = FRESH.protect(tag, plaintext)
    bit = data.draw(st.integers(16, 8 * len(made) - 1))  # the header stays readable
    damaged = bytearray(made)
    damaged[bit // 8] ^= 0x80 >> bit % 8
    with pytest.raises(BspSecurityError):
        FRESH.unprotect(tlv.parse(bytes(damaged)))


@given(octets=st.binary(max_size=60), tag=st.sampled_from([0x86, 0x87, 0x88, 0x89]))
def test_any_octets_are_refused_with_one_of_two_errors(octets, tag):
    one = tlv.parse(tlv.encode(tag, octets))
    with pytest.raises((BspStructureError, BspSecurityError)):
        FRESH.unprotect(one)
    with pytest.raises((BspStructureError, BspSecurityError)):
        FRESH.unprotect_mac_only(one)


def test_value_is_unchanged_by_a_refusal_and_can_be_used_again():
    made, after = FRESH.protect(0x86, b"profile")
    with pytest.raises(BspSecurityError):
        FRESH.unprotect(tlv.parse(made[:-1] + bytes((made[-1] ^ 1,))))
    assert FRESH.unprotect(tlv.parse(made)) == (b"profile", after)


@pytest.mark.parametrize("length", [0, 1, 7, 8, 9, 23, 25, 39])
def test_encrypted_body_of_incomplete_blocks_is_a_structure_error(length):
    with pytest.raises(BspStructureError, match="multiple of 16"):
        FRESH.unprotect(tlv.parse(tlv.encode(0x86, bytes(length))))


@pytest.mark.parametrize("length", [0, 1, 7])
def test_maced_body_shorter_than_a_mac_is_a_structure_error(length):
    with pytest.raises(BspStructureError, match="at least 8 octets"):
        FRESH.unprotect_mac_only(tlv.parse(tlv.encode(0x88, bytes(length))))


def test_empty_88_is_opened():
    made, after = FRESH.protect_mac_only(0x88, b"")
    assert FRESH.unprotect_mac_only(tlv.parse(made)) == (b"", after)


@pytest.mark.parametrize("tag", [0x88, 0x85, 0xA0, 0x30])
def test_other_tag_than_86_and_87_is_a_structure_error(tag):
    made, _ = FRESH.protect(tag, b"profile")
    with pytest.raises(BspStructureError, match="expected tag 86 or 87"):
        FRESH.unprotect(tlv.parse(made))


@pytest.mark.parametrize("tag", [0x86, 0x87, 0xA1])
def test_other_tag_than_88_is_a_structure_error(tag):
    made, _ = FRESH.protect_mac_only(tag, b"metadata")
    with pytest.raises(BspStructureError, match="expected tag 88"):
        FRESH.unprotect_mac_only(tlv.parse(made))


def test_86_relabelled_87_is_a_security_error():
    made, _ = FRESH.protect(0x86, b"profile")
    with pytest.raises(BspSecurityError):
        FRESH.unprotect(tlv.parse(b"\x87" + made[1:]))


def test_overlong_tlv_is_a_structure_error_unless_switched_on():
    sender = Bsp(KEYS, max_tlv=MAX_LONG_TLV)
    made, after = sender.protect(0x86, bytes(1008))
    assert len(made) == MAX_LONG_TLV
    with pytest.raises(BspStructureError, match="1,036 octets, at most 1,020"):
        FRESH.unprotect(tlv.parse(made))
    assert sender.unprotect(tlv.parse(made)) == (bytes(1008), after)


def test_overlong_88_is_a_structure_error():
    made, _ = Bsp(KEYS, max_tlv=MAX_LONG_TLV).protect_mac_only(0x88, bytes(1009))
    with pytest.raises(BspStructureError, match="1,021 octets"):
        FRESH.unprotect_mac_only(tlv.parse(made))


def test_too_much_plaintext_is_not_protected():
    with pytest.raises(LocalError, match="1,036 octets"):
        FRESH.protect(0x86, bytes(1008))
    with pytest.raises(LocalError, match="1,021 octets"):
        FRESH.protect_mac_only(0x88, bytes(1009))


def sealed(padded: bytes) -> bytes:
    """Encrypts octets as they are, without padding, and add a MAC that fits."""
    cipher = Cipher(algorithms.AES(KEYS.s_enc), modes.CBC(FRESH.icv)).encryptor().update(padded)
    return FRESH.protect_mac_only(0x86, cipher)[0]


@pytest.mark.parametrize(
    "padded",
    [bytes(16), b"\x01" * 16, b"\x80" + bytes(31), b"\x80" + bytes(14) + b"\x01"],
    ids=["zeros", "no 80", "a whole block too many", "octet after the zeros"],
)
def test_wrong_padding_under_a_good_mac_is_a_security_error(padded):
    with pytest.raises(BspSecurityError, match="padding"):
        FRESH.unprotect(tlv.parse(sealed(padded)))


@given(st.binary(max_size=64))
def test_padding_is_one_to_sixteen_octets(plaintext):
    padded = pad(plaintext)
    assert len(padded) % 16 == 0
    assert 1 <= len(padded) - len(plaintext) <= 16
    assert unpad(padded) == plaintext


@ENCRYPTED
def test_1007_octets_fit_into_a_data_object_of_1020_and_no_more(tag):
    strict = Bsp(KEYS, max_tlv=1020)
    made, _ = strict.protect(tag, bytes(1007))
    assert len(made) == 1020
    assert MAX_ENCRYPTED_PLAINTEXT == 1007
    with pytest.raises(LocalError):
        strict.protect(tag, bytes(1008))


@pytest.mark.parametrize("zeros", [0, 1, 14, 15])
def test_padding_has_at_most_fifteen_zeros(zeros):
    assert unpad(b"\x01\x80" + bytes(zeros)) == b"\x01"


@pytest.mark.parametrize("zeros", [16, 17, 31])
def test_padding_of_a_whole_block_of_zeros_is_refused(zeros):
    with pytest.raises(BspSecurityError):
        unpad(b"\x01\x80" + bytes(zeros))


def test_length_in_a_longer_form_is_maced_as_received():
    body = bytes(16)
    header = bytes.fromhex("868118")
    short, _ = FRESH.protect_mac_only(0x86, body)
    longer = header + body + short[-8:]
    with pytest.raises(BspSecurityError):
        FRESH.unprotect(tlv.parse(longer))


def test_swapped_skipped_and_repeated_tlvs_are_security_errors():
    first, after = FRESH.protect(0x86, b"one")
    second, _ = after.protect(0x86, b"two")
    for state, one in ((FRESH, second), (after, first)):
        with pytest.raises(BspSecurityError):
            state.unprotect(tlv.parse(one))


def test_both_errors_are_crypto_errors():
    assert issubclass(BspStructureError, CryptoError)
    assert issubclass(BspSecurityError, CryptoError)


def test_many_are_protected_as_one_by_one():
    first = Bsp(BspKeys(bytes(range(16)), b"e" * 16, b"m" * 16), counter=3)
    plaintexts = [b"a" * 1007, b"b" * 15, b"c" * 16, b"", b"d" * 1007]
    expected, after = [], first
    for plaintext in plaintexts:
        one, after = after.protect(0x86, plaintext)
        expected.append(one)
    assert first.protect_all(0x86, plaintexts) == (tuple(expected), after)
