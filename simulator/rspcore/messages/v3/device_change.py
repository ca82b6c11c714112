"""ES10b of Device Change and Profile Recovery: PrepareDeviceChange and what follows (5.7, v3.1).

In version 3.0 VerifyDeviceChange is a CHOICE, and VerifySmdpResponse and VerifyProfileRecovery are
not there.
"""

from datetime import datetime
from enum import IntEnum
from typing import Annotated, ClassVar

from rspcore import tlv
from rspcore.frozen import dataclass
from rspcore.ids import Iccid, TransactionId
from rspcore.messages.codec import (
    ANY,
    BOOLEAN,
    ICCID,
    INTEGER,
    NULL,
    OCTETS,
    TRANSACTION_ID,
    UTF8,
    At,
    Structure,
    enumerated,
    octets,
    sequence_of,
    structure,
    utf8,
)
from rspcore.messages.es8p import ControlRefTemplate
from rspcore.messages.v3.generalized_time import TIME
from rspcore.messages.v3.installation_results import NotificationMetadata
from rspcore.tags import Tag

__all__ = [
    "DeleteNotificationForDc",
    "DeviceChangeData",
    "DeviceChangeResponse",
    "DownloadErrorCode",
    "EncryptedDeviceChangeData",
    "EuiccSigned3",
    "PrepareDeviceChangeRequest",
    "PrepareDeviceChangeResponse",
    "PrepareDeviceChangeResponseError",
    "PrepareDeviceChangeResponseOk",
    "RetryData",
    "SmdpSigned4",
    "SmdpSigned5",
    "SmdpSigned6",
    "VerifyDeviceChangeError",
    "VerifyDeviceChangeRequest",
    "VerifyDeviceChangeResponse",
    "VerifyError",
    "VerifyProfileRecoveryRequest",
    "VerifyProfileRecoveryResponse",
    "VerifySmdpResponseRequest",
    "VerifySmdpResponseResponse",
]


class DownloadErrorCode(IntEnum):
    """The error codes of PrepareDownload and PrepareDeviceChange."""

    invalidCertificate = 1
    invalidSignature = 2
    unsupportedCurve = 3
    noSession = 4
    invalidTransactionId = 5
    undefinedError = 127


class VerifyDeviceChangeError(IntEnum):
    """The error codes of VerifyDeviceChange."""

    invalidSignature = 2
    disallowedByPolicy = 3
    noSession = 4
    invalidTransactionId = 5
    unsupportedCrtValues = 6
    invalidData = 7
    profileNotInDisabledState = 8
    undefinedError = 127


class VerifyError(IntEnum):
    """The error codes of VerifySmdpResponse and VerifyProfileRecovery."""

    invalidSignature = 2
    noSession = 4
    invalidTransactionId = 5
    undefinedError = 127


@dataclass(frozen=True, slots=True, kw_only=True)
class SmdpSigned4(Structure):
    """SmdpSigned4; the activation code only for a recovery, at most 255 characters."""

    transaction_id: Annotated[TransactionId, At(0x80, TRANSACTION_ID)]
    cc_required_flag: Annotated[bool, At(Tag.Boolean, BOOLEAN)]
    activation_code_for_profile_recovery: Annotated[str | None, At(0x81, utf8(0, 255))] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PrepareDeviceChangeRequest(Structure):
    """ES10b.PrepareDeviceChange request; hashCc of 32 octets where a code is required."""

    TAG: ClassVar[int] = Tag.PrepareDeviceChange

    smdp_signed4: Annotated[SmdpSigned4, At(Tag.Sequence, structure(SmdpSigned4))]
    smdp_signature4: Annotated[bytes, At(Tag.Signature, OCTETS)]
    hash_cc: Annotated[bytes | None, At(Tag.OctetString, octets(32))] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EuiccSigned3(Structure):
    """EUICCSigned3; the one-time key only of a card with encryptedDeviceChangeDataSupport."""

    transaction_id: Annotated[TransactionId, At(0x80, TRANSACTION_ID)]
    eac_euicc_otpk: Annotated[bytes | None, At(Tag.OneTimePublicKey, OCTETS)] = None
    hash_cc: Annotated[bytes | None, At(Tag.OctetString, octets(32))] = None
    additional_information: Annotated[bytes | None, At(Tag.Sequence, ANY)] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PrepareDeviceChangeResponseOk(Structure):
    """PrepareDeviceChangeResponseOk."""

    TAG: ClassVar[int] = 0xA0

    euicc_signed3: Annotated[EuiccSigned3, At(Tag.Sequence, structure(EuiccSigned3))]
    euicc_signature3: Annotated[bytes, At(Tag.Signature, OCTETS)]


@dataclass(frozen=True, slots=True, kw_only=True)
class PrepareDeviceChangeResponseError(Structure):
    """PrepareDeviceChangeResponseError."""

    TAG: ClassVar[int] = 0xA1

    transaction_id: Annotated[TransactionId, At(0x80, TRANSACTION_ID)]
    download_error_code: Annotated[int, At(Tag.Integer, enumerated(DownloadErrorCode))]


@dataclass(frozen=True, slots=True, kw_only=True)
class PrepareDeviceChangeResponse(Structure):
    """ES10b.PrepareDeviceChange response: CHOICE of ok and error."""

    TAG: ClassVar[int] = Tag.PrepareDeviceChange
    CHOICE: ClassVar[bool] = True

    prepare_device_change_response_ok: Annotated[
        PrepareDeviceChangeResponseOk | None, At(0xA0, structure(PrepareDeviceChangeResponseOk))
    ] = None
    prepare_device_change_response_error: Annotated[
        PrepareDeviceChangeResponseError | None,
        At(0xA1, structure(PrepareDeviceChangeResponseError)),
    ] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceChangeData(Structure):
    """DeviceChangeData: the activation code for the next device, what becomes of the old Profile.

    The validity is a GeneralizedTime as text, such as "20270101000000Z".
    """

    TAG: ClassVar[int] = 0xA0

    iccid: Annotated[Iccid, At(Tag.Iccid, ICCID)]
    activation_code_for_dc: Annotated[str, At(0x80, utf8(0, 255))]
    delete_old_profile: Annotated[bool | None, At(0x81, NULL)] = None
    delete_notification_for_dc_support: Annotated[bool | None, At(0x82, NULL)] = None
    notification_address: Annotated[str | None, At(0x83, UTF8)] = None
    profile_recovery_support: Annotated[bool | None, At(0x84, NULL)] = None
    profile_recovery_validity_period: Annotated[datetime | None, At(0x85, TIME)] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EncryptedDeviceChangeData(Structure):
    """EncryptedDeviceChangeData: key agreement of the server, and DeviceChangeData in 87s."""

    TAG: ClassVar[int] = 0xA1

    control_ref_template: Annotated[ControlRefTemplate, At(0xA6, structure(ControlRefTemplate))]
    eac_smdp_otpk: Annotated[bytes, At(Tag.OneTimePublicKey, OCTETS)]
    sequence_of87: Annotated[tuple[bytes, ...], At(0xA1, sequence_of(Tag.Protected87, OCTETS))]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceChangeResponse(Structure):
    """DeviceChangeResponse: CHOICE of clear and encrypted data."""

    TAG: ClassVar[int] = 0xA1
    CHOICE: ClassVar[bool] = True

    device_change_data: Annotated[
        DeviceChangeData | None, At(0xA0, structure(DeviceChangeData))
    ] = None
    encrypted_device_change_data: Annotated[
        EncryptedDeviceChangeData | None, At(0xA1, structure(EncryptedDeviceChangeData))
    ] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SmdpSigned5(Structure):
    """SmdpSigned5."""

    transaction_id: Annotated[TransactionId, At(0x80, TRANSACTION_ID)]
    device_change_response: Annotated[
        DeviceChangeResponse, At(0xA1, structure(DeviceChangeResponse))
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyDeviceChangeRequest(Structure):
    """ES10b.VerifyDeviceChange request."""

    TAG: ClassVar[int] = Tag.VerifyDeviceChange

    smdp_signed5: Annotated[SmdpSigned5, At(Tag.Sequence, structure(SmdpSigned5))]
    smdp_signature5: Annotated[bytes, At(Tag.Signature, OCTETS)]


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyDeviceChangeResponse(Structure):
    """ES10b.VerifyDeviceChange response: CHOICE of the clear data and an error."""

    TAG: ClassVar[int] = Tag.VerifyDeviceChange
    CHOICE: ClassVar[bool] = True

    verify_device_change_ok: Annotated[
        DeviceChangeData | None, At(0xA0, structure(DeviceChangeData))
    ] = None
    verify_device_change_error: Annotated[
        int | None, At(0x81, enumerated(VerifyDeviceChangeError))
    ] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryData(Structure):
    """RetryData: when to ask again, in minutes, and by which identifier (1 to 16 octets)."""

    TAG: ClassVar[int] = 0xA0

    retry_delay: Annotated[int, At(0x80, INTEGER)]
    dc_session_id: Annotated[bytes, At(0x81, octets(1, 16))]


@dataclass(frozen=True, slots=True, kw_only=True)
class SmdpSigned6(Structure):
    """SmdpSigned6; `request_specific_data` is whole, and `RetryData` its one alternative."""

    transaction_id: Annotated[TransactionId, At(0x80, TRANSACTION_ID)]
    request_specific_data: Annotated[bytes, At(0xA0, ANY)]

    @property
    def retry_data(self) -> RetryData:
        """Returns the data of a delayed Device Change.

        Raises:
            DecodeError: they cannot be read.
        """
        return RetryData.from_tlv(tlv.parse(self.request_specific_data))


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifySmdpResponseRequest(Structure):
    """ES10b.VerifySmdpResponse request (v3.1)."""

    TAG: ClassVar[int] = Tag.VerifySmdpResponse

    smdp_signed6: Annotated[SmdpSigned6, At(Tag.Sequence, structure(SmdpSigned6))]
    smdp_signature6: Annotated[bytes, At(Tag.Signature, OCTETS)]


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifySmdpResponseResponse(Structure):
    """ES10b.VerifySmdpResponse response: CHOICE of ok and error."""

    TAG: ClassVar[int] = Tag.VerifySmdpResponse
    CHOICE: ClassVar[bool] = True

    verify_smdp_response_ok: Annotated[bool | None, At(0x80, NULL)] = None
    verify_smdp_response_error: Annotated[int | None, At(0x81, enumerated(VerifyError))] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyProfileRecoveryRequest(Structure):
    """ES10b.VerifyProfileRecovery request (v3.1)."""

    TAG: ClassVar[int] = Tag.VerifyProfileRecovery

    smdp_signed4: Annotated[SmdpSigned4, At(Tag.Sequence, structure(SmdpSigned4))]
    smdp_signature4: Annotated[bytes, At(Tag.Signature, OCTETS)]


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyProfileRecoveryResponse(Structure):
    """ES10b.VerifyProfileRecovery response: CHOICE of ok and error."""

    TAG: ClassVar[int] = Tag.VerifyProfileRecovery
    CHOICE: ClassVar[bool] = True

    verify_profile_recovery_ok: Annotated[bool | None, At(0x80, NULL)] = None
    verify_profile_recovery_error: Annotated[int | None, At(0x81, enumerated(VerifyError))] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteNotificationForDc(Structure):
    """DeleteNotificationForDc: that the old Profile is gone; the new device hands it over."""

    TAG: ClassVar[int] = Tag.DeleteNotificationForDc

    notification_metadata: Annotated[
        NotificationMetadata, At(0xA0, structure(NotificationMetadata))
    ]
    euicc_notification_signature: Annotated[bytes, At(0x81, OCTETS)]
