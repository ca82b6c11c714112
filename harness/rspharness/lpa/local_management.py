"""Local management of a card: what an LPA reads and changes without any server.

Every function here is one or two ES10 functions (SGP.22 v2, 3.2, 3.3, 5.7). A result other than
ok is raised as `RemoteError` whose code is the ASN.1 name and number; the card is then as before.
Before a switch everything is answered that the card's toolkit waits for; after catBusy(5) the card
is asked by STATUS, then reset. After a switch the REFRESH is carried out and the list is read
again, because a result of ok alone does not show that the switch has happened.
"""

from collections.abc import Callable
from enum import IntEnum

from rspcore.apdu import CommandApdu, Ins
from rspcore.errors import DecodeError, RemoteError
from rspcore.ids import Aid, Eid, Iccid
from rspcore.messages.es10a import (
    EuiccConfiguredAddressesRequest,
    EuiccConfiguredAddressesResponse,
    SetDefaultDpAddressRequest,
    SetDefaultDpAddressResult,
)
from rspcore.messages.es10c import (
    DeleteProfileRequest,
    DeleteResult,
    DisableProfileRequest,
    DisableResult,
    EnableProfileRequest,
    EnableResult,
    EuiccMemoryResetRequest,
    GetEuiccDataRequest,
    ProfileIdentifier,
    ProfileInfo,
    ProfileInfoListError,
    ProfileInfoListRequest,
    ProfileState,
    ResetOption,
    ResetResult,
    SetNicknameRequest,
    SetNicknameResult,
)
from rspcore.messages.notifications import ErrorReason
from rspcore.messages.v3.installation_results import ErrorReason as NewerReason
from rspcore.messages.v3.server_authentication import AuthenticateErrorCode
from rspharness.lpa.isdr_channel import IsdrChannel
from rspharness.lpa.proactive import free_toolkit, settle_refresh

__all__ = [
    "ProfileName",
    "authenticate_error_text",
    "code_text",
    "delete_profile",
    "disable_profile",
    "enable_profile",
    "find_profile",
    "installation_error",
    "list_profiles",
    "memory_reset",
    "profile_name",
    "read_addresses",
    "read_eid",
    "set_default_address",
    "set_nickname",
]

ProfileName = Iccid | Aid
"""What names a Profile: its ICCID or the AID of its ISD-P."""

_HEXADECIMAL = frozenset("0123456789ABCDEF")


def code_text(code: int) -> str:
    """Writes a result or error code as the specification names it, "catBusy(5)"."""
    return f"{code.name}({int(code)})" if isinstance(code, IntEnum) else f"unknown code({code})"


def authenticate_error_text(code: int) -> str:
    """Writes an AuthenticateErrorCode, those of version 3 too, such as "missingCrl(9)"."""
    known = code in AuthenticateErrorCode.__members__.values()
    return code_text(AuthenticateErrorCode(code) if known else code)


def installation_error(code: int) -> int:
    """Returns an ErrorReason by its name, those of version 3 too; a number without one as it is."""
    newer = code not in ErrorReason.__members__.values()
    return NewerReason(code) if newer and code in NewerReason.__members__.values() else code


def _require(name: str, result: int, ok: IntEnum) -> None:
    if result != ok:
        raise RemoteError(f"{name}: the card answered {code_text(result)}", code=code_text(result))


def profile_name(text: str) -> ProfileName:
    """Reads an ICCID of 18 to 20 digits or an ISD-P AID of 32 hexadecimal digits, spaces allowed.

    Digits of an ICCID may be hexadecimal letters: there are cards with such ICCIDs, and what a
    list shows is accepted here.

    Raises:
        DecodeError: neither.
    """
    digits = "".join(text.split()).upper()
    if set(digits) <= _HEXADECIMAL:
        if len(digits) == 32:
            return Aid.from_hex(digits)
        if 18 <= len(digits) <= 20:
            return Iccid.from_unswapped(bytes.fromhex(digits.ljust(20, "F")))
    raise DecodeError(
        f"Profile {text!r}: expected an ICCID of 18 to 20 digits or an AID of 32 hexadecimal digits"
    )


def read_eid(card: IsdrChannel) -> Eid:
    """Reads the EID.

    Raises:
        RemoteError: the card refused.
    """
    return card.send(GetEuiccDataRequest()).eid_value


def read_addresses(card: IsdrChannel) -> EuiccConfiguredAddressesResponse:
    """Reads the addresses of the default SM-DP+, if there is one, and of the root SM-DS.

    Raises:
        RemoteError: the card refused.
    """
    return card.send(EuiccConfiguredAddressesRequest())


def list_profiles(card: IsdrChannel, tag_list: bytes | None = None) -> tuple[ProfileInfo, ...]:
    """Reads the Profiles on the card, in its order.

    Args:
        card: The channel.
        tag_list: Concatenated tags of the data wanted, None for the default set.

    Raises:
        RemoteError: the card refused or answered an error.
    """
    response = card.send(ProfileInfoListRequest(tag_list=tag_list))
    if response.profile_info_list_ok is None:
        code = response.profile_info_list_error
        text = code_text(ProfileInfoListError.undefinedError if code is None else code)
        raise RemoteError(f"ES10c.GetProfilesInfo: the card answered {text}", code=text)
    return response.profile_info_list_ok


def find_profile(card: IsdrChannel, name: ProfileName) -> ProfileInfo | None:
    """Returns one Profile, or None when the card lists none of that name.

    Raises:
        RemoteError: as `list_profiles`.
    """
    for profile in list_profiles(card):
        if name in (profile.iccid, profile.isdp_aid):
            return profile
    return None


def _identifier(name: ProfileName) -> ProfileIdentifier:
    if isinstance(name, Iccid):
        return ProfileIdentifier(iccid=name)
    return ProfileIdentifier(isdp_aid=name)


def enable_profile(card: IsdrChannel, name: ProfileName, *, refresh: bool = True) -> ProfileInfo:
    """Enables a Profile, carries out the REFRESH and checks that it is enabled.

    Args:
        card: The channel; it is open again afterwards.
        name: ICCID or AID.
        refresh: The refreshFlag. A card that announces no REFRESH is reset.

    Returns:
        The Profile as listed after the switch.

    Raises:
        RemoteError: the card answered another result than ok, or lists the Profile as not enabled.
    """
    request = EnableProfileRequest(profile_identifier=_identifier(name), refresh_flag=refresh)
    result = _switched(card, lambda: card.send(request).enable_result)
    _require("ES10c.EnableProfile", result, EnableResult.ok)
    _settle(card, refresh=refresh)
    return _require_state(card, name, ProfileState.enabled)


def disable_profile(card: IsdrChannel, name: ProfileName, *, refresh: bool = True) -> ProfileInfo:
    """Disables a Profile, carries out the REFRESH and checks that it is disabled.

    Args, Returns and Raises as `enable_profile`.
    """
    request = DisableProfileRequest(profile_identifier=_identifier(name), refresh_flag=refresh)
    result = _switched(card, lambda: card.send(request).disable_result)
    _require("ES10c.DisableProfile", result, DisableResult.ok)
    _settle(card, refresh=refresh)
    return _require_state(card, name, ProfileState.disabled)


def _switched(card: IsdrChannel, send: Callable[[], int]) -> int:
    """Sends a switch with nothing else waiting, and again after catBusy; returns the result.

    STATUS asks a busy card what it waits for: that is how a terminal polls (TS 102 223, 6.4.2). A
    reset ends a proactive session of which the card says nothing.

    Raises:
        RemoteError: it is busy also after a reset.
    """
    free_toolkit(card)
    result = send()
    for way_on in (_poll, _restart):
        if result != EnableResult.catBusy:
            return result
        way_on(card)
        free_toolkit(card)
        result = send()
    if result == EnableResult.catBusy:
        text = code_text(EnableResult.catBusy)
        raise RemoteError(
            f"the card answered {text}, after STATUS and after a reset too: its toolkit is in a "
            "session that it does not end. Take the card out, put it in again, and try once more",
            code=text,
        )
    return result


def _poll(card: IsdrChannel) -> None:
    card.transmit(CommandApdu(0x80, Ins.GET_STATUS, 0x00, 0x0C))


def _restart(card: IsdrChannel) -> None:
    card.reset_in_use()


def _settle(card: IsdrChannel, *, refresh: bool) -> None:
    if settle_refresh(card) is None and refresh:
        # A reset is what a device without CAT does after refreshFlag TRUE; it completes the switch.
        card.reset_in_use()


def _require_state(card: IsdrChannel, name: ProfileName, state: ProfileState) -> ProfileInfo:
    profile = find_profile(card, name)
    if profile is None or profile.profile_state != state:
        shown = "not listed" if profile is None else "listed in another state"
        raise RemoteError(
            f"Profile {name}: the card answered ok, but afterwards it is {shown}; "
            f"expected {state.name}"
        )
    return profile


def delete_profile(card: IsdrChannel, name: ProfileName) -> None:
    """Deletes a Profile and checks that it is no longer listed.

    Raises:
        RemoteError: the card answered another result than ok, or still lists the Profile.
    """
    request = (
        DeleteProfileRequest(iccid=name)
        if isinstance(name, Iccid)
        else DeleteProfileRequest(isdp_aid=name)
    )
    result = card.send(request).delete_result
    _require("ES10c.DeleteProfile", result, DeleteResult.ok)
    if find_profile(card, name) is not None:
        raise RemoteError(f"Profile {name}: the card answered ok, but still lists it")


def set_nickname(card: IsdrChannel, iccid: Iccid, nickname: str) -> None:
    """Sets the nickname of a Profile, at most 64 characters; an empty one removes it.

    Raises:
        RemoteError: the card answered another result than ok.
    """
    result = card.send(SetNicknameRequest(iccid=iccid, profile_nickname=nickname))
    _require("ES10c.SetNickname", result.set_nickname_result, SetNicknameResult.ok)


def memory_reset(card: IsdrChannel, options: frozenset[ResetOption]) -> bool:
    """Resets the memory of the card and carries out the REFRESH when it announces one.

    Returns:
        True when a Profile was deleted, False when there was none to delete. The default SM-DP+
        address is back to its factory value in both cases, if that option was chosen.

    Raises:
        RemoteError: the card answered another result than ok or nothingToDelete.
    """
    request = EuiccMemoryResetRequest(reset_options=options)
    result = _switched(card, lambda: card.send(request).reset_result)
    if result != ResetResult.nothingToDelete:
        _require("ES10c.eUICCMemoryReset", result, ResetResult.ok)
    settle_refresh(card)
    return result == ResetResult.ok


def set_default_address(card: IsdrChannel, address: str) -> None:
    """Stores the address of the default SM-DP+; an empty text removes it.

    Raises:
        RemoteError: the card answered another result than ok.
    """
    result = card.send(SetDefaultDpAddressRequest(default_dp_address=address))
    _require(
        "ES10a.SetDefaultDpAddress",
        result.set_default_dp_address_result,
        SetDefaultDpAddressResult.ok,
    )
