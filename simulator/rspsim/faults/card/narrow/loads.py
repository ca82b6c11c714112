"""Narrow faults of a load: one protected object, one mistake in the metadata, one rule."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from rspcore import tlv
from rspcore.crypto.bsp import MAC_LENGTH, Bsp, BspSecurityError, unpad
from rspcore.errors import DecodeError
from rspcore.messages.metadata import PprId, StoreMetadataRequest
from rspcore.messages.notifications import ErrorReason
from rspcore.tags import Tag
from rspcore.tlv import Tlv
from rspsim.euicc.load import step
from rspsim.euicc.load.es8p import store_metadata
from rspsim.euicc.load.es8p.store_metadata import MetadataAttempt
from rspsim.faults.card.card_fault import Change, decides, skip, swap
from rspsim.faults.card.narrow.narrow_fault import narrow_fault

__all__ = ["FAULTS"]


def _any_mac(when: Callable[[Tlv, Tlv], bool]) -> Change:
    """Returns a change that opens an object with a wrong MAC.

    Args:
        when: Looks at the object and at the one with the right MAC over the same content.
    """

    def unprotect(bsp: Bsp, one: Tlv) -> tuple[bytes, Bsp]:
        try:
            return bsp.unprotect(one)
        except BspSecurityError:
            if len(one.value) <= MAC_LENGTH:
                raise
            cipher = Cipher(algorithms.AES(bsp.keys.s_enc), modes.CBC(bsp.icv))
            content = unpad(cipher.decryptor().update(one.value[:-MAC_LENGTH]))
            right, after = bsp.protect(one.tag, content)
            if not when(one, tlv.parse(right)):
                raise
            return content, after

    return swap(step.UNPROTECT, unprotect)


def _but_for_the_last_octet(one: Tlv, right: Tlv) -> bool:
    return one.value[-MAC_LENGTH:-1] == right.value[-MAC_LENGTH:-1]


def _at_86(one: Tlv, right: Tlv) -> bool:
    return one.tag == Tag.Protected86 and not _but_for_the_last_octet(one, right)


_LONGEST: Final = {Tag.ServiceProviderName: 32, Tag.ProfileName: 64}


def _repaired(change: Callable[[dict[int, bytes]], None]) -> Change:
    """Returns a change that reads metadata after their objects were changed."""

    def read(octets: bytes) -> StoreMetadataRequest:
        try:
            return store_metadata.READ.standard(octets)
        except DecodeError:
            values = {one.tag: bytes(one.value) for one in tlv.parse(octets).children()}
            change(values)
            order = (Tag.Iccid, Tag.ServiceProviderName, Tag.ProfileName)
            first = [tag for tag in order if tag in values]
            rest = [tag for tag in values if tag not in order]
            parts = (tlv.encode(tag, values[tag]) for tag in (*first, *rest))
            return store_metadata.READ.standard(tlv.encode(Tag.StoreMetadata, *parts))

    return swap(store_metadata.READ, read)


def _filled(tag: int, value: bytes) -> Change:
    def change(values: dict[int, bytes]) -> None:
        values.setdefault(tag, value)

    return _repaired(change)


def _cut(tag: Tag) -> Change:
    def change(values: dict[int, bytes]) -> None:
        values[tag] = values.get(tag, b"")[: _LONGEST[tag]]

    return _repaired(change)


def _iccid_padded(values: dict[int, bytes]) -> None:
    values[Tag.Iccid] = values.get(Tag.Iccid, b"").ljust(10, b"\xff")


def _any_tag(octets: bytes) -> StoreMetadataRequest:
    try:
        return store_metadata.READ.standard(octets)
    except DecodeError:
        tag, header, _ = tlv.read_header(octets)
        if tag == Tag.StoreMetadata:
            raise
        return store_metadata.READ.standard(tlv.encode(Tag.StoreMetadata, octets[header:]))


def _completed(octets: bytes) -> StoreMetadataRequest:
    """Reads metadata whose announced length goes beyond their end as if it did not."""
    try:
        return store_metadata.READ.standard(octets)
    except DecodeError:
        _, header, length = tlv.read_header(octets)
        if length <= len(octets) - header:
            raise
        return store_metadata.READ.standard(octets.ljust(header + length, b"\0"))


def _authorised_without(ppr: PprId) -> Callable[[MetadataAttempt], bool]:
    """Returns a check of the RAT that passes over one rule."""

    def holds(attempt: MetadataAttempt) -> bool:
        rules = attempt.request.profile_policy_rules or frozenset()
        other = replace(attempt.request, profile_policy_rules=frozenset(rules) - {ppr})
        return MetadataAttempt(other, attempt.step).rules_authorised

    return holds


def _rules_of_both(request: StoreMetadataRequest) -> StoreMetadataRequest:
    """Keeps PPR1 alone of a Profile with both rules."""
    kept = store_metadata.KEPT.standard(request)
    rules = kept.profile_policy_rules or frozenset()
    both = {PprId.ppr1, PprId.ppr2} <= set(rules)
    return replace(kept, profile_policy_rules=frozenset({PprId.ppr1})) if both else kept


_E = ErrorReason
_LPE: Final = "ES8+.LoadProfileElements"
_META: Final = "ES8+.StoreMetadata"

FAULTS: Final = (
    narrow_fault(
        "load.any-mac-at-87",
        "The MAC of the 87 in A0 and A2 is not verified.",
        _any_mac(lambda one, _: one.tag == Tag.Protected87),
        "ES8+.ConfigureISDP#06",
        "ES8+.ReplaceSessionKeys#04",
        "Tamper.LoadBoundProfilePackage#02",
        "Tamper.LoadBoundProfilePackage#04",
    ),
    narrow_fault(
        "load.mac-without-last-octet",
        "The last octet of the MAC of an 86 is not compared.",
        _any_mac(
            lambda one, right: one.tag == Tag.Protected86 and _but_for_the_last_octet(one, right)
        ),
        f"{_LPE}#18",
        f"{_LPE}#19",
        f"{_LPE}#20",
    ),
    narrow_fault(
        "load.any-chain-at-86",
        "An 86 with the MAC of another place in the chain is accepted.",
        _any_mac(_at_86),
        f"{_LPE}#21",
        f"{_LPE}#22",
        f"{_LPE}#23",
        "ES8+.ReplaceSessionKeys#12",
    ),
    narrow_fault(
        "load.iccid-padded", "A short ICCID is filled up.", _repaired(_iccid_padded), f"{_META}#33"
    ),
    narrow_fault(
        "load.iccid-made-up",
        "Metadata without ICCID are given one.",
        _filled(Tag.Iccid, bytes.fromhex("98099909000000000099")),
        f"{_META}#34",
    ),
    narrow_fault(
        "load.provider-made-up",
        "Metadata without serviceProviderName have an empty one.",
        _filled(Tag.ServiceProviderName, b""),
        f"{_META}#35",
    ),
    narrow_fault(
        "load.name-made-up",
        "Metadata without profileName have an empty one.",
        _filled(Tag.ProfileName, b""),
        f"{_META}#36",
    ),
    narrow_fault(
        "load.provider-cut",
        "A serviceProviderName that is too long is cut.",
        _cut(Tag.ServiceProviderName),
        f"{_META}#37",
    ),
    narrow_fault(
        "load.name-cut",
        "A profileName that is too long is cut.",
        _cut(Tag.ProfileName),
        f"{_META}#38",
    ),
    narrow_fault(
        "load.metadata-of-any-tag",
        "Metadata under another tag than BF25 are read.",
        swap(store_metadata.READ, _any_tag),
        f"{_META}#50",
    ),
    narrow_fault(
        "load.metadata-cut-short",
        "Metadata shorter than BF25 announces are read.",
        swap(store_metadata.READ, _completed),
        f"{_META}#51",
    ),
    narrow_fault(
        "load.one-rule-of-two",
        "Of PPR1 and PPR2 together PPR1 alone is kept.",
        swap(store_metadata.KEPT, _rules_of_both),
        f"{_META}#21",
        "procedure.PolicyRules#11",
    ),
    narrow_fault(
        "load.ppr1-not-in-the-rat",
        "PPR1 is accepted whatever the RAT says.",
        decides(store_metadata.CHECKS, "rules_authorised", _authorised_without(PprId.ppr1)),
        f"{_META}#22",
        f"{_META}#26",
        "procedure.ForbiddenPPR#01",
    ),
    narrow_fault(
        "load.ppr2-not-in-the-rat",
        "PPR2 is accepted whatever the RAT says.",
        decides(store_metadata.CHECKS, "rules_authorised", _authorised_without(PprId.ppr2)),
        f"{_META}#23",
        "procedure.ForbiddenPPR#02",
    ),
    narrow_fault(
        "load.rules-of-nobody",
        "Rules without an owner are accepted.",
        skip(store_metadata.CHECKS, "rules_owned"),
        f"{_META}#25",
    ),
)
