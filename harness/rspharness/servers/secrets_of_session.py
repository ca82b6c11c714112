"""The secrets of a session and of the Profile it brings, for the search of what cards answer."""

from typing import Final

from rspcore.crypto.kdf import BspKeys, session_keys
from rspcore.errors import CryptoError
from rspcore.profile_maker import ProfileParameters, TestProfile
from rspcore.profile_maker.parameters import BUILT_IN_CODES
from rspharness.card.known_secrets import KnownSecrets
from rspharness.record.session_keys import CHAINING, S_ENC, S_MAC
from rspharness.servers.bound_package import PackageInputs

__all__ = ["remember", "remember_keys", "remember_profile"]


_CODES: Final = {"pin": "PIN", "puk": "PUK", "adm": "ADM key"}
"""What the codes of a Profile are called, by the beginning of their field."""


def remember_profile(secrets: KnownSecrets, parameters: ProfileParameters) -> None:
    """Adds the keys of a Profile, Ki and OPc and those over the air, and its codes."""
    for name in BUILT_IN_CODES:
        code: bytes = getattr(parameters, name)
        secrets.add(_CODES[name[:3]], code.ljust(8, b"\xff"))
    secrets.add("Ki", parameters.ki)
    secrets.add("OPc", parameters.operator_constant)
    secrets.add("KIc", parameters.kic)
    secrets.add("KID", parameters.kid)
    secrets.add("DEK", parameters.dek)


def remember(secrets: KnownSecrets, profile: TestProfile, inputs: PackageInputs) -> None:
    """Adds the keys of a Profile and of the session that brings it."""
    remember_profile(secrets, profile.parameters)
    secrets.add("otSK.DP", inputs.otsk_dp.scalar)
    secrets.add("private key of CERT.DPpb", inputs.key_dp.scalar)
    if inputs.replace_keys is not None:
        secrets.add("PPK S-ENC", inputs.replace_keys.s_enc)
        secrets.add("PPK S-MAC", inputs.replace_keys.s_mac)
    try:
        agreed = inputs.otsk_dp.agree(inputs.otpk_euicc)
    except CryptoError:
        return  # a package for another curve is made on purpose
    keys = inputs.keys or session_keys(agreed, host_id=inputs.host_id, eid=inputs.eid)
    remember_keys(secrets, keys)


def remember_keys(secrets: KnownSecrets, keys: BspKeys) -> None:
    """Adds what the session of a BoundProfilePackage agreed on."""
    secrets.add(S_ENC, keys.s_enc)
    secrets.add(S_MAC, keys.s_mac)
    secrets.add(CHAINING, keys.mac_chaining_value)
