"""ES8+: the commands inside a BoundProfilePackage, before protection and after it is removed.

Source: SGP.22 v2, 5.5 and annex H. StoreMetadata is in `metadata`; protection itself (BSP) is in
`rspcore.crypto.bsp`.
"""

from enum import IntEnum
from typing import Annotated, ClassVar

from rspcore.frozen import dataclass
from rspcore.ids import TransactionId
from rspcore.messages.codec import (
    ANY,
    OCTETS,
    TRANSACTION_ID,
    At,
    Structure,
    enumerated,
    structure,
)
from rspcore.tags import Tag

__all__ = [
    "ConfigureIsdpRequest",
    "ControlRefTemplate",
    "InitialiseSecureChannelRequest",
    "RemoteOpId",
    "ReplaceSessionKeysRequest",
]


class RemoteOpId(IntEnum):
    """The values of RemoteOpId."""

    installBoundProfilePackage = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlRefTemplate(Structure):
    """ControlRefTemplate: keyType (1 octet), keyLen (1 octet), hostId (1 to 16 octets)."""

    TAG: ClassVar[int] = 0xA6

    key_type: Annotated[bytes, At(0x80, OCTETS)]
    key_len: Annotated[bytes, At(0x81, OCTETS)]
    host_id: Annotated[bytes, At(0x84, OCTETS)]


@dataclass(frozen=True, slots=True, kw_only=True)
class InitialiseSecureChannelRequest(Structure):
    """ES8+.InitialiseSecureChannel; otPK.DP is 65 octets, the signature 64."""

    TAG: ClassVar[int] = Tag.InitialiseSecureChannel

    remote_op_id: Annotated[int, At(0x82, enumerated(RemoteOpId))]
    transaction_id: Annotated[TransactionId, At(0x80, TRANSACTION_ID)]
    control_ref_template: Annotated[ControlRefTemplate, At(0xA6, structure(ControlRefTemplate))]
    smdp_otpk: Annotated[bytes, At(Tag.OneTimePublicKey, OCTETS)]
    smdp_sign: Annotated[bytes, At(Tag.Signature, OCTETS)]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigureIsdpRequest(Structure):
    """ES8+.ConfigureISDP; dpProprietaryData is at most 128 octets, tag and length included."""

    TAG: ClassVar[int] = Tag.ConfigureISDP

    dp_proprietary_data: Annotated[bytes | None, At(Tag.DpProprietaryData, ANY)] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplaceSessionKeysRequest(Structure):
    """ES8+.ReplaceSessionKeys: MAC chaining value, PPK-ENC and PPK-CMAC, 16 octets each."""

    TAG: ClassVar[int] = Tag.ReplaceSessionKeys

    initial_mac_chaining_value: Annotated[bytes, At(0x80, OCTETS)]
    ppk_enc: Annotated[bytes, At(0x81, OCTETS)]
    ppk_cmac: Annotated[bytes, At(0x82, OCTETS)]
