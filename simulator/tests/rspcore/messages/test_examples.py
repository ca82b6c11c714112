"""Encodings from independent sources: each is read, written and checked by both codecs."""

import dataclasses

import pytest

from rspcore import schema, tlv
from rspcore.ids import Aid, Iccid, MccMnc, Oid, TransactionId, Version
from rspcore.messages.es8p import (
    ConfigureIsdpRequest,
    ControlRefTemplate,
    InitialiseSecureChannelRequest,
    RemoteOpId,
    ReplaceSessionKeysRequest,
)
from rspcore.messages.es10b import (
    CancelSessionReason,
    CancelSessionRequest,
    DownloadErrorCode,
    EuiccCancelSessionSigned,
    EuiccSigned2,
    GetRatResponse,
    PrepareDownloadResponse,
    PrepareDownloadResponseError,
    RetrieveNotificationsListRequest,
    SearchCriteria,
    SmdpSigned2,
)
from rspcore.messages.es10c import (
    EnableProfileRequest,
    EuiccMemoryResetRequest,
    ProfileIdentifier,
    ProfileInfoListRequest,
    ResetOption,
    SetNicknameRequest,
)
from rspcore.messages.es10c import SearchCriteria as ProfileSearchCriteria
from rspcore.messages.isdr import IsdrProprietaryApplicationTemplate, LpaeSupport
from rspcore.messages.metadata import (
    NotificationConfigurationInformation,
    NotificationEvent,
    OperatorId,
    PprFlag,
    PprId,
    ProfileClass,
    ProfilePolicyAuthorisationRule,
    StoreMetadataRequest,
)
from rspcore.messages.notifications import (
    BppCommandId,
    ErrorReason,
    ErrorResult,
    FinalResult,
    NotificationMetadata,
    ProfileInstallationResult,
    ProfileInstallationResultData,
    SuccessResult,
)

ZERO = Iccid(bytes(10))
ZERO_HEX = "5A 0A 00000000000000000000"
ONE = TransactionId(b"\x01")

LISTED = [
    (
        "EnableProfileRequest",
        EnableProfileRequest(profile_identifier=ProfileIdentifier(iccid=ZERO), refresh_flag=True),
        f"BF31 11 A0 0C {ZERO_HEX} 81 01 FF",
    ),
    (
        "NotificationMetadata",
        NotificationMetadata(
            seq_number=128,
            profile_management_operation=frozenset({NotificationEvent.notificationEnable}),
            notification_address="a",
            iccid=ZERO,
        ),
        f"BF2F 17 80 02 00 80 81 02 06 40 0C 01 61 {ZERO_HEX}",
    ),
    (
        "RetrieveNotificationsListRequest",
        RetrieveNotificationsListRequest(search_criteria=SearchCriteria(seq_number=1)),
        "BF2B 05 A0 03 80 01 01",
    ),
    (
        "CancelSessionRequest",
        CancelSessionRequest(transaction_id=ONE, reason=CancelSessionReason.endUserRejection),
        "BF41 06 80 01 01 81 01 00",
    ),
    (
        "EuiccCancelSessionSigned",
        EuiccCancelSessionSigned(
            transaction_id=ONE,
            smdp_oid=Oid("2.999.10"),
            reason=CancelSessionReason.endUserRejection,
        ),
        "30 0B 80 01 01 81 03 88370A 82 01 00",
    ),
    (
        "GetRatResponse",
        GetRatResponse(
            rat=(
                ProfilePolicyAuthorisationRule(
                    ppr_ids=frozenset({PprId.ppr1, PprId.ppr2}),
                    allowed_operators=(
                        OperatorId(mcc_mnc=MccMnc(b"\xee\xee\xee"), gid1=b"", gid2=b""),
                    ),
                    ppr_flags=frozenset({PprFlag.consentRequired}),
                ),
            )
        ),
        "BF43 19 A0 17 30 15 80 02 05 60 A1 0B 30 09 80 03 EEEEEE 81 00 82 00 82 02 07 80",
    ),
    (
        "EuiccMemoryResetRequest",
        EuiccMemoryResetRequest(
            reset_options=frozenset(
                {ResetOption.deleteOperationalProfiles, ResetOption.deleteFieldLoadedTestProfiles}
            )
        ),
        "BF34 04 82 02 06 C0",
    ),
    (
        "SetNicknameRequest",
        SetNicknameRequest(iccid=ZERO, profile_nickname="x"),
        f"BF29 0F {ZERO_HEX} 90 01 78",
    ),
    (
        "ProfileInfoListRequest",
        ProfileInfoListRequest(
            search_criteria=ProfileSearchCriteria(profile_class=ProfileClass.operational),
            tag_list=b"\x5a",
        ),
        "BF2D 08 A0 03 95 01 02 5C 01 5A",
    ),
    (
        "PrepareDownloadResponse",
        PrepareDownloadResponse(
            download_response_error=PrepareDownloadResponseError(
                transaction_id=ONE, download_error_code=DownloadErrorCode.invalidSignature
            )
        ),
        "BF21 08 A1 06 80 01 01 02 01 02",
    ),
    (
        "ConfigureISDPRequest",
        ConfigureIsdpRequest(dp_proprietary_data=bytes.fromhex("B80580 0388370A")),
        "BF24 07 B8 05 80 03 88370A",
    ),
    (
        "ISDRProprietaryApplicationTemplate",
        IsdrProprietaryApplicationTemplate(
            svn=Version.from_text("2.3.0"), lpae_support=frozenset({LpaeSupport.lpaeUsingCat})
        ),
        "E0 09 82 03 020300 03 02 07 80",
    ),
]
"""The encodings checked with an ASN.1 compiler."""

TRANSACTION = TransactionId(bytes(range(16)))
EXAMPLE_ICCID = Iccid.from_digits("89000123456789012341")
OTPK_EUICC = bytes.fromhex(
    "0463C47EB5D46AA66DC72D4A09520B4DF863F595C583A6319F0C7792C9F7976B36"
    "36500560593A30A8636B50ACFD2E2DDE919DB5C0E86112CE2A076C058A3D49C9"
)
OTPK_DP = bytes.fromhex(
    "041527F02F4B585F38ADF153096EAA9861C686AC82B0E6A3298AB24161938C0170"
    "DF1A515CF1FD2284AFC7C24266E4BDD3341C14AF0A7407B9E63F1383DE6F892D"
)
SMDP_SIGN = bytes.fromhex(
    "B2B14EA210853655913992A1A1093CF011922B94BA93E69122A5C3F7AB74E1FB"
    "91703826170A2A4D9AF9439C279EFB193938B5D91D26E0D04C30840557DE8A06"
)
HASH_CC = bytes.fromhex("7A5FC1E1D536C03AC028EFA34659AAF40B1A58FDCF8F4627E34FE8600F2E7A76")
SIGN_PIR = bytes.fromhex(
    "6FAC1107CA56C4244D31DF990C31B348A044C4F7251EF2187148F422DDB143BD"
    "63A4C49990C96F3DC1ABDECEE294F7F652444D67BE390F6C041C93B1812DED84"
)
ADDRESS = "smdp.example.com"
ADDRESS_HEX = "736D64702E6578616D706C652E636F6D"


def metadata_of(number, event):
    return NotificationMetadata(
        seq_number=number,
        profile_management_operation=frozenset({event}),
        notification_address=ADDRESS,
        iccid=EXAMPLE_ICCID,
    )


def result(outcome):
    return ProfileInstallationResultData(
        transaction_id=TRANSACTION,
        notification_metadata=metadata_of(1, NotificationEvent.notificationInstall),
        smdp_oid=Oid("2.999.10"),
        final_result=outcome,
    )


SUCCESS = result(
    FinalResult(
        success_result=SuccessResult(
            aid=Aid.from_hex("A0000005591010FFFFFFFF8900001000"),
            sima_response=bytes.fromhex("3007A0053003800100"),
        )
    )
)
SUCCESS_HEX = (
    "BF27608010000102030405060708090A0B0C0D0E0F"
    f"BF2F25800101810207800C10{ADDRESS_HEX}5A0A98001032547698103214"
    "060388370AA21FA01D4F10A0000005591010FFFFFFFF890000100004093007A0053003800100"
)

WORKED = [
    (
        "StoreMetadataRequest",
        StoreMetadataRequest(
            iccid=EXAMPLE_ICCID,
            service_provider_name="Example MNO",
            profile_name="Example Profile",
            profile_class=ProfileClass.operational,
            notification_configuration_info=(
                NotificationConfigurationInformation(
                    profile_management_operation=frozenset({NotificationEvent.notificationInstall}),
                    notification_address=ADDRESS,
                ),
            ),
        ),
        (
            "BF25475A0A98001032547698103214910B4578616D706C65204D4E4F920F4578616D706C652050726F66696C65"
            f"950102B6183016800207808110{ADDRESS_HEX}"
        ),
    ),
    (
        "ReplaceSessionKeysRequest",
        ReplaceSessionKeysRequest(
            initial_mac_chaining_value=bytes(range(0xA0, 0xB0)),
            ppk_enc=bytes(range(0xB0, 0xC0)),
            ppk_cmac=bytes(range(0xC0, 0xD0)),
        ),
        (
            "BF26368010A0A1A2A3A4A5A6A7A8A9AAABACADAEAF8110B0B1B2B3B4B5B6B7B8B9BABBBCBDBEBF"
            "8210C0C1C2C3C4C5C6C7C8C9CACBCCCDCECF"
        ),
    ),
    (
        "InitialiseSecureChannelRequest",
        InitialiseSecureChannelRequest(
            remote_op_id=RemoteOpId.installBoundProfilePackage,
            transaction_id=TRANSACTION,
            control_ref_template=ControlRefTemplate(
                key_type=b"\x88", key_len=b"\x10", host_id=bytes(range(1, 9))
            ),
            smdp_otpk=OTPK_DP,
            smdp_sign=SMDP_SIGN,
        ),
        (
            "BF2381AE8201018010000102030405060708090A0B0C0D0E0FA6108001888101108408010203040506070"
            f"85F4941{OTPK_DP.hex()}5F3740{SMDP_SIGN.hex()}"
        ),
    ),
    (
        "SmdpSigned2",
        SmdpSigned2(transaction_id=TRANSACTION, cc_required_flag=True),
        "30158010000102030405060708090A0B0C0D0E0F0101FF",
    ),
    (
        "EUICCSigned2",
        EuiccSigned2(transaction_id=TRANSACTION, euicc_otpk=OTPK_EUICC, hash_cc=HASH_CC),
        f"30788010000102030405060708090A0B0C0D0E0F5F4941{OTPK_EUICC.hex()}0420{HASH_CC.hex()}",
    ),
    ("ProfileInstallationResultData", SUCCESS, SUCCESS_HEX),
    (
        "ProfileInstallationResult",
        ProfileInstallationResult(data=SUCCESS, euicc_sign_pir=SIGN_PIR),
        f"BF3781A6{SUCCESS_HEX}5F3740{SIGN_PIR.hex()}",
    ),
    (
        "ProfileInstallationResultData",
        result(
            FinalResult(
                error_result=ErrorResult(
                    bpp_command_id=BppCommandId.storeMetadata,
                    error_reason=ErrorReason.installFailedDueToIccidAlreadyExistsOnEuicc,
                )
            )
        ),
        (
            "BF27498010000102030405060708090A0B0C0D0E0F"
            f"BF2F25800101810207800C10{ADDRESS_HEX}5A0A98001032547698103214"
            "060388370AA208A106800102810109"
        ),
    ),
    (
        "NotificationMetadata",
        metadata_of(2, NotificationEvent.notificationEnable),
        f"BF2F25800102810206400C10{ADDRESS_HEX}5A0A98001032547698103214",
    ),
    (
        "EuiccCancelSessionSigned",
        EuiccCancelSessionSigned(
            transaction_id=TRANSACTION,
            smdp_oid=Oid("2.999.10"),
            reason=CancelSessionReason.endUserRejection,
        ),
        "301A8010000102030405060708090A0B0C0D0E0F810388370A820100",
    ),
]
"""The messages of the worked example."""

EXAMPLES = [
    pytest.param(name, message, bytes.fromhex(text), id=f"{origin}-{number}-{name}")
    for origin, group in (("listed", LISTED), ("worked", WORKED))
    for number, (name, message, text) in enumerate(group)
]


@pytest.mark.parametrize(("name", "message", "octets"), EXAMPLES)
def test_message_is_written_as_known(name, message, octets):
    assert message.encode() == octets


@pytest.mark.parametrize(("name", "message", "octets"), EXAMPLES)
def test_known_octets_are_read_as_the_message(name, message, octets):
    read = type(message).decode(octets)

    assert read == message
    assert read.raw == octets
    assert dataclasses.replace(read).encode() == octets


@pytest.mark.parametrize(("name", "message", "octets"), EXAMPLES)
def test_asn1_module_reads_and_writes_them_alike(name, message, octets):
    assert schema.encode("rsp", name, schema.decode("rsp", name, octets)) == octets


@pytest.mark.parametrize(("name", "message", "octets"), EXAMPLES)
def test_message_cut_short_anywhere_is_refused(name, message, octets):
    for length in range(len(octets)):
        with pytest.raises(tlv.DecodeError):
            type(message).decode(octets[:length])


@pytest.mark.parametrize(("name", "message", "octets"), EXAMPLES)
def test_octets_after_the_message_are_refused(name, message, octets):
    with pytest.raises(tlv.DecodeError, match="follow"):
        type(message).decode(octets + b"\x00")


def test_error_result_is_encoded_under_its_alternative():
    chosen = FinalResult(
        error_result=ErrorResult(
            bpp_command_id=BppCommandId.storeMetadata,
            error_reason=ErrorReason.installFailedDueToIccidAlreadyExistsOnEuicc,
        )
    )

    assert chosen.content() == bytes.fromhex("A1 06 80 01 02 81 01 09")
