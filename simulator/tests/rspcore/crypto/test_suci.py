"""SUPI concealment against the vectors of 3GPP TS 33.501, annex C."""

from dataclasses import replace

import pytest

from rspcore.crypto.suci import ProtectionScheme, conceal, reveal
from rspcore.errors import CryptoError

VECTORS = {
    ProtectionScheme.PROFILE_A: (
        "c53c22208b61860b06c62e5406a7b330c2b577aa5558981510d128247d38bd1d",
        "5a8d38864820197c3394b92613b20b91633cbd897119273bf8e4a6f4eec0a650",
        "c80949f13ebe61af4ebdbd293ea4f942696b9e815d7e8f0096bbf6ed7de62256",
        "b2e92f836055a255837debf850b528997ce0201cb82adfe4be1f587d07d8457d",
        "cb02352410",
        "cddd9e730ef3fa87",
    ),
    ProtectionScheme.PROFILE_B: (
        "f1ab1074477ebcc7f554ea1c5fc368b1616730155e0041ac447d6301975fecda",
        "0272da71976234ce833a6907425867b82e074d44ef907dfb4b3e21c1c2256ebcd1",
        "99798858a1dc6a2c68637149a4b1dbfd1fdff5addd62a2142f06699ed7602529",
        "039aab8376597021e855679a9778ea0b67396e68c66df32c0f41e9acca2da9b9d1",
        "46a33fc271",
        "6ac7dae96aa30a4d",
    ),
}
MSIN = bytes.fromhex("00012080f6")


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
