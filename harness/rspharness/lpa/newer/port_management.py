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
from rspharness.lpa.proactive import settle_refresh

__all__ = [
    "agree",
    "disable_on_port",
    "enable_on_port",
    "list_ports",
    "listed_ports",
]

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
    _manage(card, LsiFunction.SELECT, number)
    card.lsi = number
    card.reopen()


def _manage(card: IsdrChannel, function: LsiFunction, number: int) -> None:
    le = None if function is LsiFunction.SELECT else 256
    response = card.transmit(CommandApdu(0x80, Ins.MANAGE_LSI, function, number, le=le))
    if not is_success(response.sw):
        raise RemoteError(
            f"MANAGE LSI ({function.name.lower()} {number}): the card answered SW "
            f"{describe(response.sw)}",
            code=f"{response.sw:04X}",
        )


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
    return listed_ports(card)


def listed_ports(card: IsdrChannel) -> dict[Iccid, int | None]:
    """Lists as `list_ports` on a card whose mode is agreed on.

    Raises:
        RemoteError: the card refused.
    """
    return {one.iccid: _port(one) for one in _listed(card) if one.iccid is not None}


def _complete(card: IsdrChannel, mode: MepMode, port: int, *, refresh: bool) -> None:
    """Carries out a change that waits on a port, and goes back to the ISD-R.

    What is announced where the command was sent is answered: in MEP-A that is LSI COMMAND. The
    REFRESH waits on the port of the Profile, which is reset: that completes the change.
    """
    settled = settle_refresh(card)
    if settled is not None or not refresh:
        return
    if mode is MepMode.B:
        card.reset_in_use()
        return
    _manage(card, LsiFunction.RESET, port)


def enable_on_port(
    card: IsdrChannel, name: ProfileName, mode: MepMode, port: int | None, *, refresh: bool = True
) -> int:
    """Enables a Profile on an eSIM Port and checks that it is there.

    Args:
        card: The channel; it is open afterwards.
        name: ICCID or AID.
        mode: Mode to agree on.
        port: The port; None in MEP-A2, where the card chooses it.
        refresh: The refreshFlag. The port is reset in answer to its REFRESH, no other one is.

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
        profile_identifier=_identifier(name), refresh_flag=refresh, target_esim_port=target
    )
    answer = v3.EnableProfileResponse.decode(card.exchange("ES10c.EnableProfile", request.encode()))
    if answer.enable_result != v3.EnableResult.ok:
        code = code_text(answer.enable_result)
        raise RemoteError(f"ES10c.EnableProfile: the card answered {code}", code=code)
    wanted = answer.target_esim_port if mode is MepMode.A2 else port
    if wanted is not None:
        _complete(card, mode, wanted, refresh=refresh)
    found = _port_of(card, name)
    if found is None or found != wanted:
        raise RemoteError(f"EnableProfile on port {wanted}: the card lists port {found}")
    return found


def disable_on_port(
    card: IsdrChannel, name: ProfileName, mode: MepMode, *, refresh: bool = True
) -> int:
    """Disables a Profile on the eSIM Port where it is enabled; returns the port it has left.

    Args:
        card: The channel; it is open afterwards.
        name: ICCID or AID.
        mode: Mode to agree on.
        refresh: As in `enable_on_port`.

    Raises:
        RemoteError: it is enabled on none, the card refused, or lists it there still.
    """
    agree(card, mode)
    port = _port_of(card, name)
    if port is None:
        raise RemoteError(f"Profile {name} is enabled on no eSIM Port")
    if mode is MepMode.B and port:
        _select(card, port)
    request = es10c.DisableProfileRequest(
        profile_identifier=_identifier(name), refresh_flag=refresh
    )
    answer = v3.DisableProfileResponse.decode(
        card.exchange("ES10c.DisableProfile", request.encode())
    )
    if answer.disable_result != v3.DisableResult.ok:
        code = code_text(answer.disable_result)
        raise RemoteError(f"ES10c.DisableProfile: the card answered {code}", code=code)
    _complete(card, mode, port, refresh=refresh)
    if _port_of(card, name) is not None:
        raise RemoteError(f"DisableProfile: the card lists {name} on a port still")
    return port
