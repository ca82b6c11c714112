"""A load in progress: its place in the package, and what is made of the Profile so far."""

from dataclasses import field
from enum import Enum, auto

from rspcore.crypto.bsp import Bsp
from rspcore.frozen import dataclass
from rspcore.ids import Aid
from rspcore.messages.metadata import StoreMetadataRequest
from rspsim.euicc.profile_content.installation import EMPTY_INSTALLATION, Installation

__all__ = ["Load", "LoadPosition"]


class LoadPosition(Enum):
    """The places inside a BoundProfilePackage between two segments (2.5.5)."""

    BEGIN = auto()
    SECURED = auto()
    CONFIGURED = auto()
    IN_METADATA = auto()
    METADATA_STORED = auto()
    KEYS_REPLACED = auto()
    IN_ELEMENTS = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """A load in progress; it is committed at its end in one step, or never.

    Attributes:
        channel: Logical channel on which it began, None when that was closed.
        position: Place inside the package.
        remaining: Octets of the open group (A1 or A3) still to come.
        bsp: Protection of the next data object, or None before InitialiseSecureChannel.
        aid: AID of the ISD-P being made.
        dp_proprietary_data: Of ConfigureISDP, whole data object, or None.
        metadata_octets: StoreMetadata as far as received.
        metadata: StoreMetadata when complete and accepted.
        further_objects: What of it version 3 added and the card keeps, whole data objects.
        installation: What is made of the Profile so far.
    """

    channel: int | None
    position: LoadPosition = LoadPosition.BEGIN
    remaining: int = 0
    bsp: Bsp | None = None
    aid: Aid | None = None
    dp_proprietary_data: bytes | None = None
    metadata_octets: bytes = field(default=b"", repr=False)
    metadata: StoreMetadataRequest | None = None
    further_objects: tuple[bytes, ...] = ()
    installation: Installation = EMPTY_INSTALLATION
