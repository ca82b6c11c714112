"""Expectations: what the card did compared with what the requirement says, and explained.

Each function returns normally or raises `ExpectationError` with *expected* and *actual* in words a
reader of the report understands: numbers with their names, octets with their count. Where a
requirement accepts several outcomes, all are given.
"""

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from enum import IntEnum
from typing import TypeVar

from rspcore.apdu import ResponseApdu
from rspcore.crypto.curves import Curve
from rspcore.crypto.keys import PublicKey
from rspcore.errors import CryptoError, DecodeError
from rspcore.ids import Iccid
from rspcore.messages import es10a, es10b, es10c
from rspcore.messages.codec import Structure
from rspcore.messages.metadata import NotificationEvent
from rspcore.messages.notifications import (
    BppCommandId,
    ErrorResult,
    NotificationMetadata,
    ProfileInstallationResult,
    SuccessResult,
)
from rspcore.messages.v3 import event_lists
from rspcore.messages.v3.device_change import (
    PrepareDeviceChangeResponse,
    VerifyDeviceChangeResponse,
    VerifyProfileRecoveryResponse,
    VerifySmdpResponseResponse,
)
from rspcore.messages.v3.rpm_package import LoadRpmPackageResult
from rspcore.status import StatusWord, describe, is_success, more_data
from rspcore.tlv import Tlv, parse
from rspharness.card.snapshot import Snapshot
from rspharness.record.verdicts import ExpectationError, SettledError

__all__ = [
    "code_of",
    "data_object",
    "equal",
    "error",
    "message",
    "names",
    "notifications",
    "ok",
    "one_of",
    "pir_error",
    "pir_success",
    "point",
    "refused",
    "refused_or_error",
    "settled",
    "signature",
    "success",
    "sw",
    "that",
    "unchanged",
]

T = TypeVar("T")
S = TypeVar("S", bound=Structure)

# Component that holds the result or error code, and the one that holds the answer when there is no
# error (empty where code 0 is the answer); a code within an error structure is given by its path.
_CODES: dict[type[Structure], tuple[str, str]] = {
    es10a.SetDefaultDpAddressResponse: ("set_default_dp_address_result", ""),
    es10b.AuthenticateServerResponse: (
        "authenticate_response_error.authenticate_error_code",
        "authenticate_response_ok",
    ),
    es10b.PrepareDownloadResponse: (
        "download_response_error.download_error_code",
        "download_response_ok",
    ),
    es10b.CancelSessionResponse: ("cancel_session_response_error", "cancel_session_response_ok"),
    es10b.ListNotificationResponse: (
        "list_notifications_result_error",
        "notification_metadata_list",
    ),
    es10b.RetrieveNotificationsListResponse: (
        "notifications_list_result_error",
        "notification_list",
    ),
    es10b.NotificationSentResponse: ("delete_notification_status", ""),
    es10b.LoadCrlResponse: ("load_crl_response_error", "load_crl_response_ok"),
    LoadRpmPackageResult: (
        "load_rpm_package_result_not_signed.load_rpm_package_error_code_not_signed",
        "load_rpm_package_result_signed",
    ),
    PrepareDeviceChangeResponse: (
        "prepare_device_change_response_error.download_error_code",
        "prepare_device_change_response_ok",
    ),
    VerifyDeviceChangeResponse: ("verify_device_change_error", "verify_device_change_ok"),
    VerifySmdpResponseResponse: ("verify_smdp_response_error", "verify_smdp_response_ok"),
    VerifyProfileRecoveryResponse: ("verify_profile_recovery_error", "verify_profile_recovery_ok"),
    event_lists.VerifySmdsResponseResponse: (
        "verify_smds_response_error",
        "verify_smds_response_ok",
    ),
    es10c.ProfileInfoListResponse: ("profile_info_list_error", "profile_info_list_ok"),
    es10c.EnableProfileResponse: ("enable_result", ""),
    es10c.DisableProfileResponse: ("disable_result", ""),
    es10c.DeleteProfileResponse: ("delete_result", ""),
    es10c.EuiccMemoryResetResponse: ("reset_result", ""),
    es10c.SetNicknameResponse: ("set_nickname_result", ""),
}


def names(codes: Iterable[int]) -> str:
    """Returns codes with their names: "invalidSignature(2) or undefinedError(127)"."""
    return " or ".join(_name(code) for code in codes)


def _name(code: int) -> str:
    return f"{code.name}({code.value})" if isinstance(code, IntEnum) else f"code {code}"


def _show(value: object) -> str:
    if isinstance(value, bytes | bytearray | memoryview):
        octets = bytes(value)
        shown = octets[:32].hex(" ").upper() + (" .." if len(octets) > 32 else "")
        return f"{len(octets)} octets {shown}" if octets else "no octets"
    if isinstance(value, IntEnum):
        return _name(value)
    return repr(value)


def that(*, holds: bool, expected: str, actual: str) -> None:
    """Requires a condition that no other function here covers.

    Raises:
        ExpectationError: it does not hold.
    """
    if not holds:
        raise ExpectationError(expected, actual)


@contextmanager
def settled() -> Iterator[None]:
    """Makes what is wrong inside a fail also in a probe: no reading of the requirement allows it.

    Raises:
        SettledError: an expectation inside does not hold.
    """
    try:
        yield
    except ExpectationError as error:
        raise SettledError(error.expected, error.actual) from error


def equal(actual: T, expected: T, about: str = "") -> None:
    """Requires two values to be equal; octets are shown in hexadecimal with their count.

    Args:
        actual: What the card gave.
        expected: What it has to be.
        about: What is compared, for the message.

    Raises:
        ExpectationError: they differ.
    """
    if actual != expected:
        raise ExpectationError(_show(expected), _show(actual), about=about)


def one_of(actual: T, allowed: Collection[T], about: str = "") -> None:
    """Requires a value to be one of several.

    Raises:
        ExpectationError: it is none of them.
    """
    if actual not in allowed:
        raise ExpectationError(" or ".join(map(_show, allowed)), _show(actual), about=about)


def _codes_of(response: Structure) -> tuple[str, str]:
    """Returns where a response has its code; one of version 3 has it where that of version 2 has.

    Raises:
        KeyError: it is the response of no ES10 function.
    """
    for kind in type(response).__mro__:
        if kind in _CODES:
            return _CODES[kind]
    raise KeyError(type(response).__name__)


def code_of(response: Structure) -> int | None:
    """Returns the result or error code of an ES10 response, None for the answer without error."""
    path, _ = _codes_of(response)
    value: object = response
    for name in path.split("."):
        value = getattr(value, name)
        if value is None:
            return None
    return value if isinstance(value, int) else None


def ok(response: Structure) -> None:
    """Requires an answer without error: its ok branch, or code 0.

    Raises:
        ExpectationError: the card answered an error code.
    """
    code = code_of(response)
    _, branch = _codes_of(response)
    if code is not None and (branch or code != 0):
        raise ExpectationError(branch or "ok(0)", _name(code), about=type(response).__name__)


def error(response: Structure, *codes: int) -> None:
    """Requires an error code of an ES10 function.

    Args:
        response: What the card answered.
        codes: Every acceptable code.

    Raises:
        ExpectationError: another code, or no error.
    """
    code = code_of(response)
    if code not in codes:
        _, branch = _codes_of(response)
        actual = branch if code is None else _name(code)
        raise ExpectationError(names(codes), actual, about=type(response).__name__)


def success(response: ResponseApdu, about: str = "") -> None:
    """Requires 9000 or 91XX.

    Raises:
        ExpectationError: another status word.
    """
    if not is_success(response.sw):
        raise ExpectationError("SW 9000 (OK) or 91XX", f"SW {describe(response.sw)}", about=about)


def sw(response: ResponseApdu, *words: int, about: str = "") -> None:
    """Requires one of several status words; 91XX counts as 9000.

    Raises:
        ExpectationError: another status word.
    """
    matched = response.sw in words or (StatusWord.OK in words and is_success(response.sw))
    if not matched:
        wanted = " or ".join(f"SW {describe(word)}" for word in words)
        raise ExpectationError(wanted, f"SW {describe(response.sw)}", about=about)


def refused(response: ResponseApdu, *words: int, about: str = "") -> None:
    """Requires a refusal by status word, without response data.

    Args:
        response: What the card answered, 61XX already followed.
        words: Every acceptable status word; none given means any but success.
        about: What was refused, for the message.

    Raises:
        ExpectationError: the card accepted, answered data, or used another status word.
    """
    if is_success(response.sw) or more_data(response.sw) is not None or response.data:
        wanted = " or ".join(f"SW {describe(word)}" for word in words)
        raise ExpectationError(
            wanted or "a status word that refuses, no data",
            f"SW {describe(response.sw)}, {len(response.data)} octets of data",
            about=about,
        )
    if words:
        sw(response, *words, about=about)


def refused_or_error(
    response: ResponseApdu, kind: type[Structure], words: Iterable[int], *codes: int
) -> None:
    """Requires a refusal by one of the status words, or an answer with one of the error codes.

    Raises:
        ExpectationError: neither.
    """
    if is_success(response.sw):
        error(message(kind, response.data), *codes)
    else:
        refused(response, *words)


def unchanged(before: Snapshot, after: Snapshot, *, apart_from: Collection[str] = ()) -> None:
    """Requires two observations of the card to be equal octet for octet.

    Args:
        before: Observation before the step under test.
        after: Observation after it.
        apart_from: Names of parts that may differ: profiles, notifications, addresses.

    Raises:
        ExpectationError: a part differs; the message shows both.
    """
    for name, was, now in before.differences(after):
        if name not in apart_from:
            raise ExpectationError(f"{name} as before: {was}", now)


def notifications(
    listed: Iterable[NotificationMetadata], *events: tuple[NotificationEvent, Iccid, str]
) -> None:
    """Requires Notifications of exactly these events, one each, in any order.

    Args:
        listed: What the card lists.
        events: Event, ICCID and address of each Notification.

    Raises:
        ExpectationError: one is missing, one is too many, or one has other content.
    """
    actual = sorted(_notice(one) for one in listed)
    expected = sorted(f"{event.name} of {iccid} to {address!r}" for event, iccid, address in events)
    if actual != expected:
        raise ExpectationError(
            "; ".join(expected) or "no Notification",
            "; ".join(actual) or "no Notification",
            about="Notifications",
        )


def _notice(one: NotificationMetadata) -> str:
    bits = sorted(one.profile_management_operation)
    events = "+".join(getattr(bit, "name", f"bit {bit}") for bit in bits) or "no event"
    return f"{events} of {one.iccid} to {one.notification_address!r}"


def pir_success(pir: ProfileInstallationResult | None) -> SuccessResult:
    """Requires a ProfileInstallationResult that reports success and returns the result.

    Raises:
        ExpectationError: none came, or it reports an error.
    """
    if pir is None:
        raise ExpectationError("PIR successResult", "no ProfileInstallationResult")
    result = pir.data.final_result
    if result.success_result is None:
        raise ExpectationError("PIR successResult", _error_result(result.error_result))
    return result.success_result


def pir_error(
    pir: ProfileInstallationResult | None, command: BppCommandId, *reasons: IntEnum
) -> ErrorResult:
    """Requires a ProfileInstallationResult that reports an error and returns the result.

    Args:
        pir: What the card answered to the segment under test.
        command: The bppCommandId it has to name.
        reasons: Every acceptable errorReason.

    Raises:
        ExpectationError: none came, it reports success, or another command or reason.
    """
    expected = f"PIR errorResult {_name(command)}, {names(reasons)}"
    if pir is None:
        raise ExpectationError(expected, "no ProfileInstallationResult")
    result = pir.data.final_result.error_result
    if result is None:
        raise ExpectationError(expected, "PIR successResult")
    if result.bpp_command_id != command or result.error_reason not in reasons:
        raise ExpectationError(expected, _error_result(result))
    return result


def _error_result(result: ErrorResult | None) -> str:
    if result is None:
        return "PIR without result"
    sima = "" if result.sima_response is None else f", simaResponse {_show(result.sima_response)}"
    command, reason = _name(result.bpp_command_id), _name(result.error_reason)
    return f"PIR errorResult {command}, {reason}{sima}"


def data_object(octets: bytes, tag: int, about: str = "") -> Tlv:
    """Requires octets to be one whole data object of a tag and returns it.

    Raises:
        ExpectationError: cut short, too long, or of another tag.
    """
    wanted = f"one data object {tag:02X}"
    try:
        one = parse(octets)
    except DecodeError as error:
        raise ExpectationError(wanted, str(error), about=about) from error
    if one.tag != tag:
        raise ExpectationError(wanted, f"{one.tag:02X}", about=about)
    return one


def message(kind: type[S], octets: bytes) -> S:
    """Requires octets to be a message of a kind and returns it.

    Raises:
        ExpectationError: they cannot be read as one.
    """
    try:
        return kind.decode(octets)
    except DecodeError as error:
        raise ExpectationError(f"a {kind.__name__}", str(error)) from error


def point(curve: Curve, octets: bytes, about: str) -> PublicKey:
    """Requires octets to be an uncompressed point of a curve and returns the key.

    Raises:
        ExpectationError: they are not.
    """
    try:
        return PublicKey.from_point(curve, octets)
    except CryptoError as error:
        raise ExpectationError(f"a point of {curve}", str(error), about=about) from error


def signature(key: PublicKey, value: bytes, data: bytes, about: str) -> None:
    """Requires a signature (r | s, 64 octets) over data to verify.

    Raises:
        ExpectationError: it does not.
    """
    if not key.verify(value, data):
        raise ExpectationError(
            f"a signature over {len(data)} octets that verifies",
            f"one that does not: {_show(value)}",
            about=about,
        )
