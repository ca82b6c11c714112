"""Faults of ES8+: the secure channel, metadata, policy rules, the package."""

from dataclasses import replace
from typing import Final

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from rspcore.crypto.bsp import MAC_LENGTH, Bsp, unpad
from rspcore.tlv import Tlv
from rspsim.euicc import installer, rules
from rspsim.euicc.es8p import initialise_secure_channel, step, store_metadata
from rspsim.euicc.faults.fault import Fault, skip, swap

__all__ = ["FAULTS"]


def _mac_not_verified(bsp: Bsp, one: Tlv) -> tuple[bytes, Bsp]:
    """Open a protected data object as a card does that goes on when the MAC does not fit."""
    plaintext = one.value[:-MAC_LENGTH]
    cipher = Cipher(algorithms.AES(bsp.keys.s_enc), modes.CBC(bsp.icv))
    content = unpad(cipher.decryptor().update(plaintext))
    resealed, after = bsp.protect(one.tag, content)
    del resealed
    return content, after


def _mac_at_88_not_verified(bsp: Bsp, one: Tlv) -> tuple[bytes, Bsp]:
    content = bytes(one.value[:-MAC_LENGTH])
    resealed, after = bsp.protect_mac_only(one.tag, content)
    del resealed
    return content, after


def _counter_stands(bsp: Bsp, one: Tlv) -> tuple[bytes, Bsp]:
    content, after = bsp.unprotect_mac_only(one)
    return content, replace(after, counter=bsp.counter)


FAULTS: Final = (
    Fault(
        "es8p.initialise-secure-channel.any-signature",
        "smdpSign is not verified.",
        (
            "ES8+.InitialiseSecureChannel#06",
            "ES8+.InitialiseSecureChannel#16",
            "Tamper.LoadBoundProfilePackage#01",
        ),
        skip(initialise_secure_channel.CHECKS, "smdp_sign"),
    ),
    Fault(
        "es8p.initialise-secure-channel.any-transaction",
        "The TransactionID of InitialiseSecureChannel is not compared.",
        ("ES8+.InitialiseSecureChannel#07",),
        skip(initialise_secure_channel.CHECKS, "transaction_id"),
    ),
    Fault(
        "es8p.bsp.any-mac",
        "The MAC of encrypted data objects is not verified.",
        (
            "ES8+.LoadProfileElements#18",
            "ES8+.LoadProfileElements#20",
            "Tamper.LoadBoundProfilePackage#02",
            "Tamper.LoadBoundProfilePackage#04",
            "Tamper.LoadBoundProfilePackage#05",
        ),
        swap(step.UNPROTECT, _mac_not_verified),
    ),
    Fault(
        "es8p.bsp.any-mac-at-88",
        "The MAC of data objects that have no other protection is not verified.",
        ("Tamper.LoadBoundProfilePackage#03",),
        swap(step.UNPROTECT_MAC_ONLY, _mac_at_88_not_verified),
    ),
    Fault(
        "es8p.bsp.counter-stands-at-88",
        "The counter does not advance for data objects that are only protected by a MAC.",
        ("ES8+.LoadProfileElements#01",),
        swap(step.UNPROTECT_MAC_ONLY, _counter_stands),
    ),
    Fault(
        "es8p.store-metadata.iccid-twice",
        "A second Profile with the ICCID of an installed one is accepted.",
        ("ES8+.StoreMetadata#29", "procedure.IccidUniqueness#01"),
        skip(store_metadata.CHECKS, "iccid_unused"),
    ),
    Fault(
        "es8p.store-metadata.rat-ignored",
        "Policy rules are accepted whatever the rules authorisation table says.",
        ("ES8+.StoreMetadata#22", "procedure.PolicyRules#16"),
        skip(store_metadata.CHECKS, "rules_authorised", "rules_owned"),
    ),
    Fault(
        "es8p.store-metadata.any-operator",
        "A rule of the table fits every operator.",
        ("ES8+.StoreMetadata#24", "procedure.PolicyRules#12"),
        swap(rules.OPERATOR_MATCH, lambda _rule, _owner, _options: True),
    ),
    Fault(
        "es8p.load-profile-elements.iccid-mismatch",
        "A package whose ICCID differs from the metadata is installed.",
        ("ES8+.LoadProfileElements#34",),
        skip(installer.FINAL_CHECKS, "iccid"),
    ),
    Fault(
        "es8p.load-profile-elements.any-test-key",
        "A test Profile may have any network authentication key.",
        ("ES8+.LoadProfileElements#39",),
        skip(installer.FINAL_CHECKS, "naa_keys"),
    ),
    Fault(
        "es8p.load-profile-elements.no-end",
        "A package without PE-End is installed.",
        ("ES8+.LoadProfileElements#15",),
        skip(installer.FINAL_CHECKS, "complete"),
    ),
)
