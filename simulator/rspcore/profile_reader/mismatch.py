"""Metadata against package: what an eUICC compares before it reports an installed Profile.

Source: SGP.22 v2, 5.5.3 (profileOwner and rules need EF.IMSI) and 5.5.5 (data mismatch).
"""

from enum import StrEnum

from rspcore.messages.metadata import OperatorId, StoreMetadataRequest
from rspcore.profile_reader.profile_facts import ProfileFacts

__all__ = ["Mismatch", "data_mismatches"]


class Mismatch(StrEnum):
    """The ways in which metadata and package can disagree (SGP.22 v2, 5.5.3 and 5.5.5)."""

    HEADER_ICCID = "header ICCID differs from the metadata"
    EF_ICCID = "EF.ICCID differs from the metadata"
    OWNER_WITHOUT_IMSI = "profileOwner given, but there is no EF.IMSI"
    RULES_WITHOUT_IMSI = "profilePolicyRules given, but there is no EF.IMSI"
    MCC_MNC = "profileOwner mccMnc differs from EF.IMSI"
    GID1 = "profileOwner gid1 differs from EF.GID1"
    GID2 = "profileOwner gid2 differs from EF.GID2"


def data_mismatches(facts: ProfileFacts, metadata: StoreMetadataRequest) -> tuple[Mismatch, ...]:
    """Compares the facts of a package with the metadata sent before it.

    A group identifier counts as in use when EF.UST marks its service available and its file is not
    all FF; then the owner has to name it, and an owner that names one needs the file in use.
    Padding with FF is not compared.

    Returns:
        Every disagreement, in the order of `Mismatch`; empty when all agree.
    """
    found = []
    if facts.iccid != metadata.iccid:
        found.append(Mismatch.HEADER_ICCID)
    if facts.ef_iccid is not None and facts.ef_iccid != metadata.iccid.octets:
        found.append(Mismatch.EF_ICCID)
    owner = metadata.profile_owner
    if facts.ef_imsi is None:
        if owner is not None:
            found.append(Mismatch.OWNER_WITHOUT_IMSI)
        if metadata.profile_policy_rules:
            found.append(Mismatch.RULES_WITHOUT_IMSI)
    elif owner is not None:
        found.extend(_owner_mismatches(facts, owner))
    return tuple(found)


def _owner_mismatches(facts: ProfileFacts, owner: OperatorId) -> list[Mismatch]:
    found = []
    code = str(owner.mcc_mnc).replace("/", "")
    if facts.imsi is None or not facts.imsi.startswith(code):
        found.append(Mismatch.MCC_MNC)
    pairs = (
        (Mismatch.GID1, owner.gid1, facts.gid1),
        (Mismatch.GID2, owner.gid2, facts.gid2),
    )
    for kind, named, used in pairs:
        value = None if named is None else named.rstrip(b"\xff") or None
        if value != used:
            found.append(kind)
    return found
