"""Profiles on eSIM Ports: an LPA whose device can have several enabled (SGP.22 v3.1, 2.12, 3.4.1).

Each function agrees on a mode with the card first, which begins with a reset of it. Ports last
over it: a Profile that was enabled on one is there again. A card that agrees on another mode, or
refuses, is asked nothing further.
"""

from typing import Final

from rspcore.apdu import CommandApdu, Ins
from rspcore.errors import DecodeError, RemoteError
from rspcore.ids import Iccid
from rspcore.messages import es10c
from rspcore.messages.v3 import profile_management as v3
from rspcore.messages.v3.lsi_configuration import LsiConfiguration, LsiFunction, MepMode
from rspcore.status import describe, is_success
from rspharness.lpa.isdr_channel import IsdrChannel
from rspharness.lpa.local_management import ProfileName, code_text

__all__ = ["agree", "disable_on_port", "enable_on_port", "list_ports"]

_IDENTIFIERS_AND_PORT: Final = bytes.fromhex("4F5A9F24")


def agree(card: IsdrChannel, mode: MepMode, ports: int = 2) -> LsiConfiguration:
    """Resets the card, agrees on a mode and opens the channel to the ISD-R on port 0.

    Returns:
        The answer of the card.

    Raises:
        RemoteError: it has no LSIs, or agrees on another mode.
    """
    proposed = LsiConfiguration(
        highest=mode.first_port + ports - 1, options=0, modes=(mode,), ports=ports
    )
    card.forget()
    card.link.reset()
    response = card.transmit(
        CommandApdu(0x80, Ins.MANAGE_LSI, LsiFunction.CONFIGURE, 0, proposed.encode(), 256)
    )
    if not is_success(response.sw):
        raise RemoteError(
            f"MANAGE LSI (configure): the card answered SW {describe(response.sw)}; expected 9000. "
            "Has it several eSIM Ports?",
            code=f"{response.sw:04X}",
        )
    try:
        answer = LsiConfiguration.decode(response.data)
    except DecodeError as error:
        raise RemoteError(f"MANAGE LSI (configure): {error}") from error
    if answer.agreed != mode:
        have = ", ".join(str(one) for one in (answer.modes or ())[1:]) or "none"
        raise RemoteError(
            f"the card does not have mode {mode.name}; it has {have} (1 A1, 2 A2, 3 B)"
        )
    card.lsi = 0
    card.open()
    return answer


def _select(card: IsdrChannel, number: int) -> None:
    """Selects an LSI and opens a channel to the ISD-R there."""
    command = CommandApdu(0x80, Ins.MANAGE_LSI, LsiFunction.SELECT, number)
    response = card.transmit(command)
    if not is_success(response.sw):
        raise RemoteError(
            f"MANAGE LSI (select {number}): the card answered SW {describe(response.sw)}",
            code=f"{response.sw:04X}",
        )
    card.lsi = number
    card.reopen()


def _identifier(name: ProfileName) -> es10c.ProfileIdentifier:
    if isinstance(name, Iccid):
        return es10c.ProfileIdentifier(iccid=name)
    return es10c.ProfileIdentifier(isdp_aid=name)


def _listed(card: IsdrChannel) -> tuple[v3.ProfileInfo, ...]:
    request = es10c.ProfileInfoListRequest(tag_list=_IDENTIFIERS_AND_PORT)
    answer = v3.ProfileInfoListResponse.decode(
        card.exchange("ES10c.GetProfilesInfo", request.encode())
    )
    if answer.profile_info_list_ok is None:
        raise RemoteError(f"ES10c.GetProfilesInfo: error {answer.profile_info_list_error}")
    return answer.profile_info_list_ok


def _port(info: v3.ProfileInfo) -> int | None:
    port = info.enabled_on_esim_port
    return None if port is None or port < 0 else port


def _port_of(card: IsdrChannel, name: ProfileName) -> int | None:
    """Returns the port of a Profile, None where it is on none or not there."""
    found = (one for one in _listed(card) if name in (one.iccid, one.isdp_aid))
    return next((_port(one) for one in found), None)


def list_ports(card: IsdrChannel, mode: MepMode) -> dict[Iccid, int | None]:
    """Lists the Profiles with the eSIM Port on which each is enabled, None for on none.

    Raises:
        RemoteError: the card refused, or does not have the mode.
    """
    agree(card, mode)
    return {one.iccid: _port(one) for one in _listed(card) if one.iccid is not None}


def enable_on_port(card: IsdrChannel, name: ProfileName, mode: MepMode, port: int | None) -> int:
    """Enables a Profile on an eSIM Port and checks that it is there.

    Args:
        card: The channel; it is open afterwards.
        name: ICCID or AID.
        mode: Mode to agree on.
        port: The port; None in MEP-A2, where the card chooses it.

    Returns:
        The port.

    Raises:
        RemoteError: the card answered another result than ok, or lists another port.
    """
    agree(card, mode, ports=max(2, (port or 0) - mode.first_port + 1))
    if mode is MepMode.B and port:
        _select(card, port)
    target = port if mode is MepMode.A1 else None
    request = v3.EnableProfileRequest(
        profile_identifier=_identifier(name), refresh_flag=False, target_esim_port=target
    )
    answer = v3.EnableProfileResponse.decode(card.exchange("ES10c.EnableProfile", request.encode()))
    if answer.enable_result != v3.EnableResult.ok:
        code = code_text(answer.enable_result)
        raise RemoteError(f"ES10c.EnableProfile: the card answered {code}", code=code)
    found = _port_of(card, name)
    wanted = answer.target_esim_port if mode is MepMode.A2 else port
    if found is None or found != wanted:
        raise RemoteError(f"EnableProfile on port {wanted}: the card lists port {found}")
    return found


def disable_on_port(card: IsdrChannel, name: ProfileName, mode: MepMode) -> int:
    """Disables a Profile on the eSIM Port where it is enabled; returns the port it has left.

    Raises:
        RemoteError: it is enabled on none, the card refused, or lists it there still.
    """
    agree(card, mode)
    port = _port_of(card, name)
    if port is None:
        raise RemoteError(f"Profile {name} is enabled on no eSIM Port")
    if mode is MepMode.B and port:
        _select(card, port)
    request = es10c.DisableProfileRequest(profile_identifier=_identifier(name), refresh_flag=False)
    answer = v3.DisableProfileResponse.decode(
        card.exchange("ES10c.DisableProfile", request.encode())
    )
    if answer.disable_result != v3.DisableResult.ok:
        code = code_text(answer.disable_result)
        raise RemoteError(f"ES10c.DisableProfile: the card answered {code}", code=code)
    if _port_of(card, name) is not None:
        raise RemoteError(f"DisableProfile: the card lists {name} on a port still")
    return port
