"""SUPI concealment against the vectors of 3GPP TS 33.501, annex C."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from rspcore.crypto.suci import ProtectionScheme, conceal, reveal
from rspcore.errors import CryptoError

FILE = Path(__file__).parents[4] / "fixtures" / "vectors" / "outside-suci.json"
PUBLISHED = json.loads(FILE.read_text(encoding="utf-8"))
VECTORS = {
    ProtectionScheme[name]: tuple(PUBLISHED[name].values()) for name in ("PROFILE_A", "PROFILE_B")
}
MSIN = bytes.fromhex(PUBLISHED["msin"])

pytestmark = pytest.mark.evidence


@pytest.mark.parametrize("scheme", VECTORS, ids=lambda scheme: scheme.name)
def test_output_is_the_published_one_and_is_revealed_again(scheme):
    private, public, ephemeral, ephemeral_public, ciphertext, mac = map(
        bytes.fromhex, VECTORS[scheme]
    )
    output = conceal(scheme, public, ephemeral, MSIN)
    assert (output.ephemeral_public_key, output.ciphertext, output.mac) == (
        ephemeral_public,
        ciphertext,
        mac,
    )
    assert reveal(scheme, private, output) == MSIN
    with pytest.raises(CryptoError, match="MAC"):
        reveal(scheme, private, replace(output, mac=bytes(8)))


def test_null_scheme_cannot_conceal():
    with pytest.raises(CryptoError, match="NULL"):
        conceal(ProtectionScheme.NULL, b"", bytes(32), MSIN)


@pytest.mark.parametrize(
    ("scheme", "key"),
    [
        (ProtectionScheme.PROFILE_A, bytes(33)),
        (ProtectionScheme.PROFILE_A, bytes(31)),
        (ProtectionScheme.PROFILE_A, bytes(32)),  # a point of small order
        (ProtectionScheme.PROFILE_B, bytes(32)),
        (ProtectionScheme.PROFILE_B, b"\x05" * 33),
    ],
)
def test_key_of_no_home_network_is_refused(scheme, key):
    with pytest.raises(CryptoError):
        conceal(scheme, key, b"\x11" * 32, b"\x21")
