from hashlib import sha256

import pytest

from rspcore.crypto.confirmation import hash_cc
from rspcore.crypto.kdf import BspKeys, session_keys, shared_info, x963_sha256
from rspcore.errors import CryptoError
from rspcore.ids import Eid, TransactionId


def test_shared_info_of_the_vectors_is_reproduced(inputs):
    made = shared_info(bytes.fromhex(inputs["host_id"]), Eid.from_digits(inputs["eid"]))
    assert made.hex().upper() == inputs["shared_info"]


def test_session_keys_of_the_vectors_are_reproduced(vectors, inputs):
    keys = vectors["keys"]
    made = session_keys(
        bytes.fromhex(keys["z"]),
        host_id=bytes.fromhex(inputs["host_id"]),
        eid=Eid.from_digits(inputs["eid"]),
        key_type=int(inputs["key_type"], 16),
        key_length=int(inputs["key_length"], 16),
    )
    assert made.mac_chaining_value.hex().upper() == keys["chaining_value"]
    assert made.s_enc.hex().upper() == keys["s_enc"]
    assert made.s_mac.hex().upper() == keys["s_mac"]


@pytest.mark.parametrize(
    "change", [{"host_id": b"\x01"}, {"key_type": 0x80}, {"key_length": 0x20}], ids=str
)
def test_every_part_of_the_shared_info_changes_the_keys(inputs, change):
    given = {"host_id": bytes(8), "eid": Eid.from_digits(inputs["eid"])}
    assert session_keys(bytes(32), **given) != session_keys(bytes(32), **(given | change))


@pytest.mark.parametrize("length", [0, 1, 31, 32, 33, 48, 64, 65])
def test_output_has_the_requested_length(length):
    stream = x963_sha256(b"z", b"info", 96)
    assert x963_sha256(b"z", b"info", length) == stream[:length]
    assert stream[:32] == sha256(b"z\x00\x00\x00\x01info").digest()
    assert stream[32:64] == sha256(b"z\x00\x00\x00\x02info").digest()


def test_shared_secret_of_another_length_is_refused(inputs):
    with pytest.raises(CryptoError, match="32 octets, got 31"):
        session_keys(bytes(31), host_id=b"\x01", eid=Eid.from_digits(inputs["eid"]))


def test_keys_of_another_length_are_refused_and_never_shown():
    with pytest.raises(CryptoError, match="16, 16 and 15"):
        BspKeys(bytes(16), bytes(16), bytes(15))
    assert "A5" not in repr(BspKeys(*(b"\xa5" * 16,) * 3)).upper()


def test_hash_of_the_confirmation_code_of_the_vectors_is_reproduced(inputs):
    code = inputs["confirmation_code"]
    assert sha256(code["code"].encode()).hexdigest().upper() == code["sha256"]
    made = hash_cc(code["code"], TransactionId.from_hex(inputs["transaction_id"]))
    assert made.hex().upper() == code["hash_cc"]


def test_confirmation_code_is_hashed_as_utf8():
    transaction_id = TransactionId(b"\x01")
    expected = sha256(sha256(b"\xc3\xa9").digest() + b"\x01").digest()
    assert hash_cc("\N{LATIN SMALL LETTER E WITH ACUTE}", transaction_id) == expected


def test_check_digits_of_the_vectors_fit(inputs):
    given = inputs["eid_check_digits"]
    assert int(given["first_digits"] + "00") % 97 == given["remainder"]
    assert str(Eid.from_first_digits(given["first_digits"])) == given["eid"]
    assert given["eid"][30:] == given["check_digits"]
    assert int(given["eid"]) % 97 == given["value_mod_97"]
    assert Eid.from_digits(given["eid"]).octets.hex() == given["eid"]  # tag 5A: not swapped
