"""Makes a Profile from the plaintext of a load: its elements are cut, judged and kept, or none is.

How it works. The segments of a BoundProfilePackage cut the profile elements at any octet, so the
octets go through a reader that returns each element when its last octet is there. Each is run by
the interpreter (`rspsim.euicc.profile_content.interpreter`), so that a bad element ends the load
where it stands. An `Installation` is a value: feeding it gives a new one or a `Refusal`, and
nothing of the card changes until the whole package is in and `finished` agrees that package and
metadata are about the same Profile.

Source: SGP.22 v2, 5.5.5; TCA eUICC Profile Package.
"""

from typing import Final

from rspcore.errors import DecodeError
from rspcore.frozen import changer, dataclass, derived, replace
from rspcore.messages.euicc_response import EuiccResponse, PeStatus, PeStatusCode
from rspcore.messages.metadata import ProfileClass, StoreMetadataRequest
from rspcore.messages.notifications import ErrorReason
from rspcore.profile_reader import (
    AkaParameters,
    Mismatch,
    PackageReader,
    ProfileElementTlv,
    ProfileFacts,
    data_mismatches,
)
from rspcore.profile_reader.elements import HEADER_TAG
from rspcore.profile_reader.network_access import AlgorithmId
from rspsim.euicc.decisions import Check, Checks, Decision, Decisions, first_refusal
from rspsim.euicc.personality import Personality
from rspsim.euicc.profile_content.installation import Installation
from rspsim.euicc.profile_content.interpreter.building import Building, Refused
from rspsim.euicc.profile_content.interpreter.interpret import interpret

__all__ = [
    "FEED",
    "FINAL_CHECKS",
    "FITS",
    "STREAM_CHECKS",
    "TEST_KEY",
    "FinishedPackage",
    "Refusal",
    "StreamPosition",
    "fed",
    "finished",
]


_interpreted_so_far: Final = changer(Installation, "elements", "building")
_read_so_far: Final = changer(Installation, "reader", "size")

Fed = tuple[tuple[ProfileElementTlv, ...], PackageReader]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a package is not installed: reason of the result, and EUICCResponse."""

    reason: int
    response: bytes


@dataclass(frozen=True, slots=True)
class StreamPosition:
    """An element and what came before it, for the checks of their order."""

    element: ProfileElementTlv
    installation: Installation

    @property
    def header_first(self) -> bool:
        """Returns whether a header is the first element and only the first."""
        return (self.element.tag == HEADER_TAG) is not bool(self.installation.elements)

    @property
    def before_end(self) -> bool:
        """Returns whether PE-End was not received yet."""
        return not self.installation.ended


@dataclass(frozen=True, slots=True)
class FinishedPackage:
    """A whole package and its metadata, for the checks at the end."""

    installation: Installation
    metadata: StoreMetadataRequest
    facts: ProfileFacts | None
    decisions: Decisions

    @property
    def complete(self) -> bool:
        """Returns whether the last element is PE-End and no element is incomplete."""
        return self.installation.ended and self.installation.reader.between_elements

    @derived
    def mismatches(self) -> tuple[Mismatch, ...]:
        """Returns the disagreements between metadata and package."""
        return () if self.facts is None else data_mismatches(self.facts, self.metadata)

    def agrees(self, *mismatches: Mismatch) -> bool:
        """Returns whether none of these disagreements between metadata and package exists."""
        return not any(mismatch in self.mismatches for mismatch in mismatches)

    @property
    def keys_allowed(self) -> bool:
        """Returns whether a test Profile has test keys only (2.4.5.3)."""
        if self.metadata.profile_class != ProfileClass.test or self.facts is None:
            return True
        return all(map(self.decisions[TEST_KEY], self.facts.naa_keys))


def _is_test_key(key: AkaParameters) -> bool:
    """Returns whether a network authentication key is of no use in a live network.

    That is the test algorithm of TS 34.108 with any key, and any algorithm with the test key of TS
    34.108, 8.1.2 or a key of zeros except in its last octet.
    """
    if key.algorithm is None or key.algorithm == AlgorithmId.usim_test:
        return True
    return key.key[:16] == bytes(range(16)) or not any(key.key[:-1])


TEST_KEY: Final = Decision("installer.test_key", _is_test_key, "which keys a test Profile may have")


def _fed(reader: PackageReader, octets: bytes, /) -> Fed:
    return reader.feed(octets)


def _fits(size: int, room: int, /) -> bool:
    return size <= room


FEED: Final = Decision("installer.feed", _fed, "elements that end in a segment, and what is left")
FITS: Final = Decision("installer.fits", _fits, "whether so many octets of a package fit")

_E = ErrorReason

STREAM_CHECKS: Final[Decision[Checks[StreamPosition]]] = Decision(
    "installer.stream",
    (
        Check("before_end", lambda p: p.before_end, PeStatusCode.invalid_request_format),
        Check("header_first", lambda p: p.header_first, PeStatusCode.invalid_request_format),
    ),
    "checks of the order of elements; the codes are those of PEStatus",
)
FINAL_CHECKS: Final[Decision[Checks[FinishedPackage]]] = Decision(
    "installer.final",
    (
        Check("complete", lambda p: p.complete, _E.installFailedDueToPEProcessingError),
        Check("facts", lambda p: p.facts is not None, _E.installFailedDueToPEProcessingError),
        Check(
            "iccid",
            lambda p: p.agrees(Mismatch.HEADER_ICCID, Mismatch.EF_ICCID),
            _E.installFailedDueToDataMismatch,
        ),
        Check(
            "owner_without_imsi",
            lambda p: p.agrees(Mismatch.OWNER_WITHOUT_IMSI),
            _E.installFailedDueToDataMismatch,
        ),
        Check(
            "rules_without_imsi",
            lambda p: p.agrees(Mismatch.RULES_WITHOUT_IMSI),
            _E.installFailedDueToDataMismatch,
        ),
        Check(
            "owner_mcc_mnc",
            lambda p: p.agrees(Mismatch.MCC_MNC),
            _E.installFailedDueToDataMismatch,
        ),
        Check("owner_gid1", lambda p: p.agrees(Mismatch.GID1), _E.installFailedDueToDataMismatch),
        Check("owner_gid2", lambda p: p.agrees(Mismatch.GID2), _E.installFailedDueToDataMismatch),
        Check(
            "naa_keys",
            lambda p: p.keys_allowed,
            _E.testProfileInstallFailedDueToInvalidNaaKey,
        ),
    ),
    "checks when the whole package is in; the codes are error reasons of the result",
)


def fed(
    installation: Installation,
    octets: bytes,
    personality: Personality,
    decisions: Decisions,
    room: int,
) -> Installation | Refusal:
    """Takes the next octets of a package.

    Args:
        installation: What came before; it is not changed.
        octets: Plaintext of one segment.
        personality: The card.
        decisions: What the card decides.
        room: Octets of memory the package may take in all.
    """
    size = installation.size + len(octets)
    if not decisions[FITS](size, room):
        status = PeStatus(status=PeStatusCode.not_enough_memory)
        return _refusal(installation, status)
    try:
        elements, reader = decisions[FEED](installation.reader, octets)
    except DecodeError:
        status = PeStatus(status=PeStatusCode.invalid_request_format, offset=installation.size)
        return _refusal(installation, status)
    building = installation.building or Building(personality=personality)
    if building.decisions is not decisions:
        building = replace(building, decisions=decisions)
    for element in elements:
        try:
            building = _interpreted(element, installation, building)
        except Refused as refusal:
            status = PeStatus(
                status=refusal.status,
                identification_number=_identification(element),
                additional_information=refusal.additional,
            )
            return _refusal(installation, status)
        known = (*installation.elements, element)
        installation = _interpreted_so_far(installation, known, building)
    return _read_so_far(installation, reader, size)


def _interpreted(
    element: ProfileElementTlv, installation: Installation, building: Building
) -> Building:
    """Checks the place of one element, then runs it.

    Raises:
        Refused: it stands at a wrong place, or the interpreter refuses the package.
    """
    code = first_refusal(building.decisions[STREAM_CHECKS], StreamPosition(element, installation))
    if code is not None:
        raise Refused(code, f"{element.name} at a wrong place")
    return interpret(building, element)


def _identification(element: ProfileElementTlv) -> int | None:
    try:
        return element.identification
    except DecodeError:
        return None


def finished(
    installation: Installation, metadata: StoreMetadataRequest, decisions: Decisions
) -> bytes | Refusal:
    """Judges a package after its last octet.

    Returns:
        EUICCResponse for the result of a good package, or a `Refusal`.
    """
    try:
        facts = ProfileFacts.of_elements(installation.elements)
    except DecodeError:
        facts = None
    whole = FinishedPackage(installation, metadata, facts, decisions)
    reason = first_refusal(decisions[FINAL_CHECKS], whole)
    if reason is None:
        statuses = (*installation.remarks, PeStatus(status=PeStatusCode.ok))
        return EuiccResponse(pe_status=statuses).encode()
    wrong_package = reason == _E.installFailedDueToPEProcessingError
    code = PeStatusCode.invalid_request_format if wrong_package else PeStatusCode.bad_values
    return Refusal(reason, _response(installation, PeStatus(status=code)))


def _refusal(installation: Installation, status: PeStatus) -> Refusal:
    memory = status.status == PeStatusCode.not_enough_memory
    reason = (
        _E.installFailedDueToInsufficientMemoryForProfile
        if memory
        else _E.installFailedDueToPEProcessingError
    )
    return Refusal(reason, _response(installation, status))


def _response(installation: Installation, status: PeStatus) -> bytes:
    return EuiccResponse(
        pe_status=(*installation.remarks, status), profile_installation_aborted=True
    ).encode()
