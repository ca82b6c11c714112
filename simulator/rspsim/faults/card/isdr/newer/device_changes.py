"""Faults of Device Change and Profile Recovery."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from rspcore import tlv
from rspcore.messages.es10b import EuiccSigned1
from rspcore.messages.v3.device_change import DeviceChangeData, EuiccSigned3
from rspcore.messages.v3.profile_metadata import DeviceChangeConfiguration
from rspcore.messages.v3.server_authentication import CtxParamsForDeviceChange
from rspcore.tags import Tag
from rspsim.euicc.decisions import Checks, Decision
from rspsim.euicc.es6 import objects_of_version_3
from rspsim.euicc.es6.objects_of_version_3 import FurtherUpdate
from rspsim.euicc.isdr.es10b import (
    authenticate_server,
    cancel_session,
    prepare_device_change,
    verify_device_change,
    verify_profile_recovery,
    verify_smdp_response,
)
from rspsim.euicc.isdr.es10b.authenticate_server import AuthenticationAttempt
from rspsim.euicc.load.es8p import store_metadata
from rspsim.euicc.state import CardState, Profile
from rspsim.faults.card.card_fault import CardFault, Change, answers, decides, skip, swap

__all__ = ["FAULTS"]

_ABANDONED: Final = 30
_RECOVERY: Final = 0xA2


def _without_next_device(attempt: AuthenticationAttempt) -> EuiccSigned1:
    plain = authenticate_server.SIGNED.standard(attempt)
    if plain.ctx_params1[0] != CtxParamsForDeviceChange.TAG:
        return plain
    context = CtxParamsForDeviceChange.decode(plain.ctx_params1)
    if context.target_eid_value is None:
        return plain
    return replace(plain, ctx_params1=replace(context, target_eid_value=None).encode())


def _recovery_of_known(attempt: AuthenticationAttempt) -> bool:
    """Returns whether the Profile is there for a recovery, too."""
    octets = attempt.request.ctx_params1
    if octets[0] != _RECOVERY:
        return attempt.iccid_fits
    named = tlv.parse(octets).find(Tag.Iccid)
    present = [profile.iccid.octets for profile in attempt.view.state.profiles]
    return named is not None and bytes(named.value) in present


def _without_hash(attempt: Any, key: Any) -> EuiccSigned3:
    return replace(prepare_device_change.SIGNED.standard(attempt, key), hash_cc=None)


def _other_code(data: DeviceChangeData) -> DeviceChangeData:
    return replace(data, activation_code_for_dc=data.activation_code_for_dc[:-1])


def _without_recovery(data: DeviceChangeData) -> DeviceChangeData:
    if not data.profile_recovery_support:
        return data
    return replace(data, profile_recovery_support=None, profile_recovery_validity_period=None)


def _losing(lost: Callable[[DeviceChangeConfiguration], bool]) -> Change:
    """Returns a change that does not keep a deviceChangeConfiguration of a kind."""

    def further(octets: bytes, state: CardState) -> tuple[bytes, ...]:
        kept = store_metadata.FURTHER.standard(octets, state)
        wanted = Tag.DeviceChangeConfiguration
        return tuple(
            one
            for one in kept
            if tlv.parse(one).tag != wanted or not lost(DeviceChangeConfiguration.decode(one))
        )

    return swap(store_metadata.FURTHER, further)


def _elsewhere(one: DeviceChangeConfiguration) -> bool:
    asked = one.request_to_dp
    return asked is not None and asked.smdp_address_for_dc == "dc.example.com"


def _with_needs(one: DeviceChangeConfiguration) -> bool:
    return one.request_to_dp is not None and bool(one.request_to_dp.eid_required)


def _passed_over(stored: tuple[bytes, ...], update: FurtherUpdate) -> tuple[bytes, ...]:
    wanted = Tag.DeviceChangeConfiguration
    kept = tuple(one for one in update.objects if tlv.parse(one).tag != wanted)
    return objects_of_version_3.OBJECTS.standard(stored, replace(update, objects=kept))


def _still_there(state: CardState, _decisions: Any, _profile: Profile) -> CardState:
    return state


_AUTHENTICATE: Final = "ES10b.AuthenticateServer"
_PREPARE: Final = "ES10b.PrepareDeviceChange"
_VERIFY: Final = "ES10b.VerifyDeviceChange"

_UNASKED: Final[tuple[tuple[str, str, str, Decision[Checks[Any]], str], ...]] = (
    ("prepare.signature", "smdpSignature4", f"{_PREPARE}#04", prepare_device_change.CHECKS, "4"),
    ("verify.signature", "smdpSignature5", f"{_VERIFY}#04", verify_device_change.CHECKS, "5"),
)

FAULTS: Final = (
    CardFault(
        "v3.device-change.context-unknown",
        "Refuses a session for a Device Change.",
        (f"{_AUTHENTICATE}#75",),
        decides(
            authenticate_server.CHECKS,
            "iccid",
            lambda a: a.iccid_fits and a.request.ctx_params1[0] != CtxParamsForDeviceChange.TAG,
        ),
    ),
    CardFault(
        "v3.device-change.next-eid-dropped",
        "Signs ctxParams1 without the EID of the next device.",
        (f"{_AUTHENTICATE}#107",),
        swap(authenticate_server.SIGNED, _without_next_device),
    ),
    CardFault(
        "v3.device-change.iccid-unasked",
        "Opens a session for a Device Change of a Profile that is not there.",
        (f"{_AUTHENTICATE}#76",),
        skip(authenticate_server.CHECKS, "iccid"),
    ),
    CardFault(
        "v3.recovery.profile-wanted",
        "Refuses a session for a recovery of a Profile that is gone.",
        (f"{_AUTHENTICATE}#78",),
        decides(authenticate_server.CHECKS, "iccid", _recovery_of_known),
    ),
    CardFault(
        "v3.device-change.hash-dropped",
        "Signs euiccSigned3 without hashCc.",
        (f"{_PREPARE}#03",),
        swap(prepare_device_change.SIGNED, _without_hash),
    ),
    *(
        CardFault(
            f"v3.device-change.{name}-unasked",
            f"Does not verify {what}.",
            (row,),
            skip(table, f"smdp_signature{number}"),
        )
        for name, what, row, table, number in _UNASKED
    ),
    *(
        CardFault(
            f"v3.device-change.{name}-{check.replace('_', '-')}-code",
            f"Answers undefinedError where {check} does not hold in {what}.",
            (row,),
            answers(table, check, 127),
        )
        for name, what, row, table, check in (
            (
                "prepare",
                "PrepareDeviceChange",
                f"{_PREPARE}#05",
                prepare_device_change.CHECKS,
                "transaction_id",
            ),
            (
                "prepare",
                "PrepareDeviceChange",
                f"{_PREPARE}#06",
                prepare_device_change.CHECKS,
                "session_open",
            ),
            (
                "verify",
                "VerifyDeviceChange",
                f"{_VERIFY}#05",
                verify_device_change.CHECKS,
                "session_open",
            ),
            (
                "delayed",
                "VerifySmdpResponse",
                "ES10b.VerifySmdpResponse#03",
                verify_smdp_response.CHECKS,
                "session_open",
            ),
            (
                "recovery",
                "VerifyProfileRecovery",
                "ES10b.VerifyProfileRecovery#03",
                verify_profile_recovery.CHECKS,
                "session_open",
            ),
        )
    ),
    *(
        CardFault(f"v3.device-change.{name}", summary, (row,), skip(table, check))
        for name, summary, row, table, check in (
            (
                "verify.transaction-unasked",
                "Takes data with another TransactionID.",
                f"{_VERIFY}#06",
                verify_device_change.CHECKS,
                "transaction_id",
            ),
            (
                "enabled-deleted",
                "Deletes the old Profile while it is Enabled.",
                f"{_VERIFY}#09",
                verify_device_change.CHECKS,
                "profile_disabled",
            ),
            (
                "ppr2-unasked",
                "Deletes an old Profile with PPR2.",
                f"{_VERIFY}#10",
                verify_device_change.CHECKS,
                "policy",
            ),
            (
                "other-profile",
                "Takes data of another Profile than that of the session.",
                f"{_VERIFY}#11",
                verify_device_change.CHECKS,
                "iccid",
            ),
            (
                "delayed.signature-unasked",
                "Does not verify smdpSignature6.",
                "ES10b.VerifySmdpResponse#02",
                verify_smdp_response.CHECKS,
                "signature",
            ),
            (
                "delayed.transaction-unasked",
                "Takes a delay with another TransactionID.",
                "ES10b.VerifySmdpResponse#04",
                verify_smdp_response.CHECKS,
                "transaction_id",
            ),
            (
                "recovery.signature-unasked",
                "Does not verify smdpSignature4 of a recovery.",
                "ES10b.VerifyProfileRecovery#02",
                verify_profile_recovery.CHECKS,
                "signature",
            ),
            (
                "recovery.transaction-unasked",
                "Takes a recovery with another TransactionID.",
                "ES10b.VerifyProfileRecovery#04",
                verify_profile_recovery.CHECKS,
                "transaction_id",
            ),
        )
    ),
    CardFault(
        "v3.device-change.delay-refused",
        "Refuses every signed delay.",
        ("ES10b.VerifySmdpResponse#01",),
        decides(verify_smdp_response.CHECKS, "session_open", lambda _: False),
    ),
    CardFault(
        "v3.device-change.euicc-signature3",
        "Signs euiccSigned3 after it was changed.",
        (f"{_PREPARE}#01",),
        swap(prepare_device_change.SIGNED_OCTETS, lambda octets: octets + b"\x00"),
    ),
    CardFault(
        "v3.device-change.code-cut",
        "Answers an activation code without its last character.",
        (f"{_VERIFY}#01",),
        swap(verify_device_change.ANSWERED, _other_code),
    ),
    CardFault(
        "v3.device-change.recovery-dropped",
        "Answers data without what they say of a recovery.",
        (f"{_VERIFY}#12",),
        swap(verify_device_change.ANSWERED, _without_recovery),
    ),
    CardFault(
        "v3.device-change.not-deleted",
        "Keeps the old Profile that deleteOldProfile names.",
        ("procedure.DeviceChange#01",),
        swap(verify_device_change.DELETED, _still_there),
    ),
    CardFault(
        "v3.store-metadata.request-to-dp-lost",
        "Does not keep requestToDp of a foreign SM-DP+.",
        ("ES8+.StoreMetadata#63", "ES10c.GetProfilesInfo#29"),
        _losing(_elsewhere),
    ),
    CardFault(
        "v3.store-metadata.stored-code-lost",
        "Does not keep usingStoredAc.",
        ("ES8+.StoreMetadata#64", "procedure.DeviceChange#02"),
        _losing(lambda one: one.using_stored_ac is not None),
    ),
    CardFault(
        "v3.store-metadata.needs-lost",
        "Does not keep requestToDp that needs the EID.",
        ("ES8+.StoreMetadata#89",),
        _losing(_with_needs),
    ),
    CardFault(
        "v3.update-metadata.change-passed-over",
        "Accepts a new deviceChangeConfiguration and keeps the old.",
        ("ES6.UpdateMetadata#52",),
        swap(objects_of_version_3.OBJECTS, _passed_over),
    ),
    CardFault(
        f"v3.cancel-session.reason-{_ABANDONED}",
        f"Does not know the reason {_ABANDONED} of CancelSession.",
        ("ES10b.CancelSession#20",),
        decides(
            cancel_session.CHECKS,
            "reason_defined",
            lambda a: a.reason_defined and a.request.reason != _ABANDONED,
        ),
    ),
)
"""Faults of Device Change and recovery."""
