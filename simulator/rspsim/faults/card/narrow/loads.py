"""Narrow faults of a load: one protected object, one mistake in the metadata, one rule."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from rspcore import tlv
from rspcore.crypto.bsp import MAC_LENGTH, Bsp, BspSecurityError, BspStructureError, unpad
from rspcore.errors import DecodeError
from rspcore.messages.metadata import PprId, StoreMetadataRequest
from rspcore.messages.notifications import ErrorReason
from rspcore.tags import Tag
from rspcore.tlv import Tlv
from rspsim.euicc.load import step
from rspsim.euicc.load.es8p import store_metadata
from rspsim.euicc.load.es8p.store_metadata import MetadataAttempt
from rspsim.faults.card.card_fault import CardFault, Change, decides, skip, swap

__all__ = ["FAULTS"]


def _any_mac(when: Callable[[Bsp, Tlv], bool]) -> Change:
    """Returns a change that verifies no MAC of the objects that fit a condition."""

    def unprotect(bsp: Bsp, one: Tlv) -> tuple[bytes, Bsp]:
        try:
            return bsp.unprotect(one)
        except BspSecurityError:
            if not when(bsp, one) or len(one.value) <= MAC_LENGTH:
                raise
            cipher = Cipher(algorithms.AES(bsp.keys.s_enc), modes.CBC(bsp.icv))
            content = unpad(cipher.decryptor().update(one.value[:-MAC_LENGTH]))
            _, after = bsp.protect(one.tag, content)
            return content, after

    return swap(step.UNPROTECT, unprotect)


def _most_octets(most: int) -> Change:
    def unprotect(bsp: Bsp, one: Tlv) -> tuple[bytes, Bsp]:
        if one.tag == Tag.Protected86 and len(one.raw) > most:
            raise BspStructureError(f"a data object of {len(one.raw)} octets")
        return bsp.unprotect(one)

    return swap(step.UNPROTECT, unprotect)


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


def _one_event(request: StoreMetadataRequest) -> StoreMetadataRequest:
    """Keeps one event of an entry that names all four."""
    entries = request.notification_configuration_info
    if entries is None:
        return store_metadata.KEPT.standard(request)
    events = [one.profile_management_operation for one in entries]
    changed = tuple(
        replace(one, profile_management_operation=frozenset(sorted(asked)[:1]))
        if len(asked) == 4
        else one
        for one, asked in zip(entries, events, strict=True)
    )
    return store_metadata.KEPT.standard(replace(request, notification_configuration_info=changed))


def _rules_of_both(request: StoreMetadataRequest) -> StoreMetadataRequest:
    """Keeps PPR1 alone of a Profile with both rules."""
    kept = store_metadata.KEPT.standard(request)
    rules = kept.profile_policy_rules or frozenset()
    both = {PprId.ppr1, PprId.ppr2} <= set(rules)
    return replace(kept, profile_policy_rules=frozenset({PprId.ppr1})) if both else kept


def _fault(name: str, summary: str, change: Change, *rows: str) -> CardFault:
    return CardFault(f"narrow.load.{name}", summary, rows, change)


_E = ErrorReason
_LPE: Final = "ES8+.LoadProfileElements"
_META: Final = "ES8+.StoreMetadata"

FAULTS: Final = (
    _fault(
        "any-mac-at-87",
        "The MAC of the 87 in A0 and A2 is not verified.",
        _any_mac(lambda _, one: one.tag == Tag.Protected87),
        "ES8+.ConfigureISDP#06",
        "ES8+.ReplaceSessionKeys#04",
        "Tamper.LoadBoundProfilePackage#02",
        "Tamper.LoadBoundProfilePackage#04",
    ),
    _fault(
        "any-mac-at-86",
        "The MAC of an 86 is not verified.",
        _any_mac(lambda _, one: one.tag == Tag.Protected86),
        f"{_LPE}#18",
        f"{_LPE}#19",
        f"{_LPE}#20",
        f"{_LPE}#21",
        f"{_LPE}#22",
        f"{_LPE}#23",
        "ES8+.ReplaceSessionKeys#12",
    ),
    _fault("iccid-padded", "A short ICCID is filled up.", _repaired(_iccid_padded), f"{_META}#33"),
    _fault(
        "iccid-made-up",
        "Metadata without ICCID are given one.",
        _filled(Tag.Iccid, bytes.fromhex("98099909000000000099")),
        f"{_META}#34",
    ),
    _fault(
        "provider-made-up",
        "Metadata without serviceProviderName have an empty one.",
        _filled(Tag.ServiceProviderName, b""),
        f"{_META}#35",
    ),
    _fault(
        "name-made-up",
        "Metadata without profileName have an empty one.",
        _filled(Tag.ProfileName, b""),
        f"{_META}#36",
    ),
    _fault(
        "provider-cut",
        "A serviceProviderName that is too long is cut.",
        _cut(Tag.ServiceProviderName),
        f"{_META}#37",
    ),
    _fault(
        "name-cut", "A profileName that is too long is cut.", _cut(Tag.ProfileName), f"{_META}#38"
    ),
    _fault(
        "metadata-of-any-tag",
        "Metadata under another tag than BF25 are read.",
        swap(store_metadata.READ, _any_tag),
        f"{_META}#50",
    ),
    _fault(
        "metadata-cut-short",
        "Metadata shorter than BF25 announces are read.",
        swap(store_metadata.READ, _completed),
        f"{_META}#51",
    ),
    _fault(
        "one-event-of-four",
        "An entry with four events keeps the first.",
        swap(store_metadata.KEPT, _one_event),
        f"{_META}#14",
    ),
    _fault(
        "one-rule-of-two",
        "Of PPR1 and PPR2 together PPR1 alone is kept.",
        swap(store_metadata.KEPT, _rules_of_both),
        f"{_META}#21",
        "procedure.PolicyRules#11",
    ),
    _fault(
        "ppr1-not-in-the-rat",
        "PPR1 is accepted whatever the RAT says.",
        decides(store_metadata.CHECKS, "rules_authorised", _authorised_without(PprId.ppr1)),
        f"{_META}#22",
        "procedure.ForbiddenPPR#01",
    ),
    _fault(
        "ppr2-not-in-the-rat",
        "PPR2 is accepted whatever the RAT says.",
        decides(store_metadata.CHECKS, "rules_authorised", _authorised_without(PprId.ppr2)),
        f"{_META}#23",
        "procedure.ForbiddenPPR#02",
    ),
    _fault(
        "rules-of-nobody",
        "Rules without an owner are accepted.",
        skip(store_metadata.CHECKS, "rules_owned"),
        f"{_META}#25",
    ),
    _fault(
        "segments-of-1000",
        "An 86 of more than 1,000 octets is refused.",
        _most_octets(1000),
        f"{_LPE}#09",
    ),
)
