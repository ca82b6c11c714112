"""Mistakes in the load of a BoundProfilePackage, from the list of a second hand."""

from dataclasses import replace
from typing import Final

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from rspcore.crypto.bsp import MAC_LENGTH, Bsp, BspSecurityError
from rspcore.crypto.kdf import BspKeys, shared_info, x963_sha256
from rspcore.errors import DecodeError
from rspcore.ids import Eid
from rspcore.messages.es8p import ReplaceSessionKeysRequest
from rspcore.messages.es10c import ProfileState
from rspcore.messages.metadata import OperatorId, StoreMetadataRequest, UpdateMetadataRequest
from rspcore.profile_reader.elements import PackageReader
from rspcore.tlv import Tlv
from rspsim.euicc.es6 import update_metadata
from rspsim.euicc.load import segments
from rspsim.euicc.load.es8p import (
    configure_isdp,
    initialise_secure_channel,
    replace_session_keys,
    store_metadata,
)
from rspsim.euicc.load.es8p.store_metadata import MetadataAttempt
from rspsim.euicc.load.step import UNPROTECT, Step
from rspsim.euicc.load_progress import Load
from rspsim.euicc.options import Options
from rspsim.euicc.profile_content import installer
from rspsim.euicc.profile_content.installer import Fed
from rspsim.euicc.security import policy_rules
from rspsim.euicc.state import Profile
from rspsim.faults.card.card_fault import CardFault, decides, swap

__all__ = ["FAULTS", "NOT_CAUGHT"]

_MCC_DIGITS = (0, 1, 3)
"""Places of the MCC in the six digits of mccMnc, as TS 24.008 exchanges them."""


def _short_host_id(z: bytes, host_id: bytes, eid: Eid) -> BspKeys:
    return initialise_secure_channel.KEYS.standard(z, host_id[:8], eid)


def _short_secret(z: bytes, host_id: bytes, eid: Eid) -> BspKeys:
    stream = x963_sha256(z.lstrip(b"\0"), shared_info(host_id, eid), 48)
    return BspKeys(stream[:16], stream[16:32], stream[32:])


def _octets_counted(octets: bytes, /) -> StoreMetadataRequest:
    request = store_metadata.READ.standard(octets)
    if len(request.service_provider_name.encode()) > 32:
        raise DecodeError("service provider name: more than 32 octets")
    return request


def _last_character_lost(request: StoreMetadataRequest) -> StoreMetadataRequest:
    return replace(store_metadata.KEPT.standard(request), profile_name=request.profile_name[:63])


def _addresses_once(request: StoreMetadataRequest) -> StoreMetadataRequest:
    kept = store_metadata.KEPT.standard(request)
    entries = {one.notification_address: one for one in kept.notification_configuration_info or ()}
    return replace(kept, notification_configuration_info=tuple(entries.values()) or None)


def _first_rule(attempt: MetadataAttempt) -> bool:
    view = attempt.step.view
    owner = attempt.request.profile_owner
    return owner is None or all(
        policy_rules.rat_allows(view.state.rat[:1], ppr, owner, view.options)
        for ppr in attempt.rules_wanted
    )


def _mcc_exact(rule: OperatorId, owner: OperatorId, options: Options) -> bool:
    wanted, given = rule.mcc_mnc.octets.hex(), owner.mcc_mnc.octets.hex()
    exact = all(wanted[place] == given[place] for place in _MCC_DIGITS)
    return exact and policy_rules.operator_matches(rule, owner, options)


def _gid_begins(rule: OperatorId, owner: OperatorId, options: Options) -> bool:
    for name in ("gid1", "gid2"):
        wanted, given = getattr(rule, name), getattr(owner, name)
        if wanted and given is not None and given.startswith(wanted):
            owner = replace(owner, **{name: wanted})
    return policy_rules.operator_matches(rule, owner, options)


def _chain_kept(bsp: Bsp, request: ReplaceSessionKeysRequest) -> Bsp:
    chain = bsp.keys.mac_chaining_value
    return bsp.replaced(BspKeys(chain, request.ppk_enc, request.ppk_cmac))


def _counter_of_an_octet(bsp: Bsp, one: Tlv) -> tuple[bytes, Bsp]:
    return UNPROTECT.standard(replace(bsp, counter=bsp.counter & 0xFF), one)


def _cut_at_80(bsp: Bsp, one: Tlv) -> tuple[bytes, Bsp]:
    try:
        return UNPROTECT.standard(bsp, one)
    except BspSecurityError:
        after = bsp._open(one)  # noqa: SLF001  the MAC fits, or this raises again
        cipher = Cipher(algorithms.AES(bsp.keys.s_enc), modes.CBC(bsp.icv))
        padded = cipher.decryptor().update(one.value[:-MAC_LENGTH])
        return padded[: max(padded.rfind(b"\x80"), 0)], after


def _two_segments(reader: PackageReader, octets: bytes, /) -> Fed:
    elements, after = installer.FEED.standard(reader, octets)
    if not elements and reader.pending:
        raise DecodeError("an element in more than two segments")
    return elements, after


def _first_is_enabled(standing: Load, step: Step) -> Profile:
    made = segments.INSTALLED.standard(standing, step)
    if step.view.state.profiles:
        return made
    return replace(made, state=ProfileState.enabled)


def _empty_is_absent(
    stored: StoreMetadataRequest, request: UpdateMetadataRequest
) -> StoreMetadataRequest:
    asked = replace(
        request,
        service_provider_name=request.service_provider_name or None,
        profile_name=request.profile_name or None,
    )
    return update_metadata.UPDATED.standard(stored, asked)


FAULTS: Final = (
    CardFault(
        "blind.20-short-host-id",
        "The key derivation takes the first 8 octets of hostId.",
        ("ES8+.InitialiseSecureChannel#01", "ES8+.InitialiseSecureChannel#12"),
        swap(initialise_secure_channel.KEYS, _short_host_id),
    ),
    CardFault(
        "blind.21-short-secret",
        "Leading zeros of the shared secret are dropped.",
        ("ES8+.InitialiseSecureChannel#26",),
        swap(initialise_secure_channel.KEYS, _short_secret),
    ),
    CardFault(
        "blind.22-128-octets-refused",
        "dpProprietaryData of 128 octets is refused.",
        ("ES8+.ConfigureISDP#03",),
        decides(
            configure_isdp.CHECKS,
            "dp_proprietary_data",
            lambda a: len(a.request.dp_proprietary_data or b"") < 128,
        ),
    ),
    CardFault(
        "blind.23-octets-for-characters",
        "A service provider name may have 32 octets, not characters.",
        ("ES8+.StoreMetadata#05",),
        swap(store_metadata.READ, _octets_counted),
    ),
    CardFault(
        "blind.24-last-character-lost",
        "A profile name of 64 characters loses the last one.",
        ("ES8+.StoreMetadata#06",),
        swap(store_metadata.KEPT, _last_character_lost),
    ),
    CardFault(
        "blind.25-one-entry-of-an-address",
        "Of configuration entries with the same address the last alone is kept.",
        ("procedure.Notifications#16",),
        swap(store_metadata.KEPT, _addresses_once),
    ),
    CardFault(
        "blind.26-first-rule-alone",
        "Only the first rule of the RAT is looked at.",
        ("procedure.PolicyRules#20",),
        decides(store_metadata.CHECKS, "rules_authorised", _first_rule),
    ),
    CardFault(
        "blind.27-wildcard-of-the-mnc",
        "A wildcard digit of a rule stands for digits of the MNC alone.",
        ("ES8+.StoreMetadata#19", "procedure.PolicyRules#14"),
        swap(policy_rules.OPERATOR_MATCH, _mcc_exact),
    ),
    CardFault(
        "blind.28-gid-begins-alike",
        "A gid of a rule fits an owner whose gid begins with it.",
        ("procedure.PolicyRules#13",),
        swap(policy_rules.OPERATOR_MATCH, _gid_begins),
    ),
    CardFault(
        "blind.29-chaining-value-kept",
        "ReplaceSessionKeys does not replace the MAC chaining value.",
        (
            "ES10b.LoadBoundProfilePackage#04",
            "ES8+.LoadProfileElements#02",
            "ES8+.LoadProfileElements#04",
            "ES8+.ReplaceSessionKeys#01",
        ),
        swap(replace_session_keys.REPLACED, _chain_kept),
    ),
    CardFault(
        "blind.31-counter-of-an-octet",
        "The counter of protected data objects begins again after 255.",
        ("ES8+.LoadProfileElements#59",),
        swap(UNPROTECT, _counter_of_an_octet),
    ),
    CardFault(
        "blind.32-two-segments-for-an-element",
        "A profile element in three segments is refused.",
        ("ES8+.LoadProfileElements#07", "ES8+.LoadProfileElements#59"),
        swap(installer.FEED, _two_segments),
    ),
    CardFault(
        "blind.33-first-profile-enabled",
        "The first Profile of a card is Enabled when it is installed.",
        ("ES8+.LoadProfileElements#01", "procedure.Download#01"),
        swap(segments.INSTALLED, _first_is_enabled),
    ),
)

NOT_CAUGHT: Final[tuple[CardFault, ...]] = (
    CardFault(
        "blind.30-cut-at-the-last-80",
        "Padding is cut at the last octet 80, whatever comes after it.",
        (),
        swap(UNPROTECT, _cut_at_80),
    ),
    CardFault(
        "blind.60-empty-name-is-absent",
        "UpdateMetadata takes an empty name as absent.",
        (),
        swap(update_metadata.UPDATED, _empty_is_absent),
    ),
)
"""Mistakes that no strict verdict finds; they are no faults to choose until a case does."""
