"""The commands of `rsplab lpa`: read the arguments, open the channel, print the outcome."""

import argparse
import json
import sys
from collections.abc import Callable, Mapping, Sequence

from rspcore.errors import DecodeError, LocalError, RspError
from rspcore.ids import Iccid
from rspcore.messages.es10c import ResetOption
from rspcore.messages.v3.lsi_configuration import MepMode
from rspcore.printable_text import printable
from rspharness.cli.lpa_card import NOTIFICATION_COLUMNS, open_card, server_address, show
from rspharness.cli.lpa_servers import discover, download, notifications
from rspharness.cli.newer.lpa_newer import move, recover, rpm
from rspharness.lpa import local_management
from rspharness.lpa.card_reading import read_card, read_lists
from rspharness.lpa.newer import port_management
from rspharness.lpa.output import (
    card_view,
    failure_view,
    listed_profile_view,
    profile_view,
    table,
    text_lines,
    waiting_view,
)

__all__ = ["run"]

_PROFILE_COLUMNS = (
    "iccid",
    "profileState",
    "profileClass",
    "profileNickname",
    "serviceProviderName",
    "profileName",
    "profileOwner",
    "profilePolicyRules",
    "enabledOnEsimPort",
    "isdpAid",
    "profileSize",
    "enterpriseConfiguration",
    "rpmConfiguration",
    "deviceChange",
    "serviceDescription",
    "hriServerAddress",
    "pcmpAddress",
    "unknown",
    "unread",
)


def run(options: argparse.Namespace) -> int:
    """Runs the command of the arguments and returns the exit code.

    Raises:
        RspError: it was not done; other things that happened are printed before.
    """
    try:
        return _COMMANDS[options.command](options)
    except RspError as error:
        if options.json:
            print(json.dumps(failure_view(error), ensure_ascii=True, indent=2))
        for note in getattr(error, "__notes__", ()):
            print(f"rsplab: {printable(note)}", file=sys.stderr)
        raise


def _info(options: argparse.Namespace) -> int:
    with open_card(options, changing=False) as card:
        read = read_card(card)
    view = card_view(read)
    problems = [one.problem for one in read.parts if one.problem]
    return show(options, view, text_lines(view)) or _odd(problems)


def _list(options: argparse.Namespace) -> int:
    with open_card(options, changing=False) as card:
        read = read_lists(card)
    rows = [listed_profile_view(profile) for profile in read.profiles or ()]
    waiting = [waiting_view(one) for one in read.notifications]
    lines = table(rows, _PROFILE_COLUMNS) if rows else []
    if read.profiles == ():
        lines = ["no Profile is installed"]
    if waiting:
        lines += ["", "waiting Notifications:", *table(waiting, NOTIFICATION_COLUMNS)]
    view = {"profiles": rows, "notifications": waiting}
    return show(options, view, lines) or _odd(read.problems)


def _odd(problems: Sequence[str]) -> int:
    """Prints what could not be read, one line each, and returns the exit code."""
    for one in problems:
        print(f"rsplab: {one}", file=sys.stderr)
    return 1 if problems else 0


def _named(text: str) -> local_management.ProfileName:
    try:
        return local_management.profile_name(text)
    except DecodeError as error:
        raise LocalError(str(error)) from error


def _ports(options: argparse.Namespace) -> int:
    if options.mep is None:
        raise LocalError("ports: say the mode of the eSIM Ports, with --mep")
    with open_card(options, changing=False) as card:
        found = port_management.listed_ports(card)
    rows = [{"iccid": str(iccid), "esimPort": port} for iccid, port in found.items()]
    lines = [
        f"{one['iccid']}  {'on no port' if one['esimPort'] is None else one['esimPort']}"
        for one in rows
    ]
    return show(options, {"profiles": rows}, lines or ["no Profile is installed"])


def _switch_on_port(options: argparse.Namespace, name: local_management.ProfileName) -> int:
    mode = MepMode[options.mep]
    enables = options.command == "enable"
    port, refresh = options.esim_port if enables else None, not options.no_refresh
    if enables and (port is None) is not (mode is MepMode.A2):
        raise LocalError(
            "enable: in MEP-A2 the card chooses the port; leave --esim-port out"
            if mode is MepMode.A2
            else f"enable --mep {mode.name}: say the port, with --esim-port"
        )
    with open_card(options, changing=True) as card:
        if enables:
            number = port_management.enable_on_port(card, name, mode, port, refresh=refresh)
        else:
            number = port_management.disable_on_port(card, name, mode, refresh=refresh)
    state = "enabled" if enables else "disabled"
    view = {"profile": str(name), "profileState": state, "esimPort": number}
    return show(options, view, [f"Profile {name} is {state} on port {number}"])


def _switch(options: argparse.Namespace) -> int:
    name = _named(options.profile)
    if options.mep:
        return _switch_on_port(options, name)
    if getattr(options, "esim_port", None) is not None:
        raise LocalError("--esim-port: say the mode as well, with --mep")
    operations = {
        "enable": local_management.enable_profile,
        "disable": local_management.disable_profile,
    }
    with open_card(options, changing=True) as card:
        profile = operations[options.command](card, name, refresh=not options.no_refresh)
    view = profile_view(profile)
    return show(options, view, [f"Profile {view['iccid']} is {view['profileState']}"])


def _delete(options: argparse.Namespace) -> int:
    name = _named(options.profile)
    with open_card(options, changing=True) as card:
        local_management.delete_profile(card, name)
    return show(options, {"deleted": str(name)}, [f"Profile {name} is deleted"])


def _nickname(options: argparse.Namespace) -> int:
    name = _named(options.iccid)
    if not isinstance(name, Iccid):
        raise LocalError(f"nickname: {options.iccid!r}: an ICCID is needed here, not an AID")
    if len(options.text) > 64:
        raise LocalError(f"nickname of {len(options.text)} characters; at most 64 are possible")
    with open_card(options, changing=True) as card:
        local_management.set_nickname(card, name, options.text)
    text = f"is called {options.text!r}" if options.text else "has no nickname any more"
    view = {"iccid": str(name), "profileNickname": options.text}
    return show(options, view, [f"Profile {name} {text}"])


def _reset(options: argparse.Namespace) -> int:
    wanted = {
        ResetOption.deleteOperationalProfiles: options.operational,
        ResetOption.deleteFieldLoadedTestProfiles: options.test,
        ResetOption.resetDefaultSmdpAddress: options.address,
    }
    chosen = frozenset(option for option, is_wanted in wanted.items() if is_wanted)
    if not chosen:
        raise LocalError("reset: say what, with --operational, --test or --address")
    with open_card(options, changing=True) as card:
        deleted = local_management.memory_reset(card, chosen)
    text = "Profiles were deleted" if deleted else "there was no Profile to delete"
    return show(options, {"deleted": deleted, "address": options.address}, [text])


def _set_address(options: argparse.Namespace) -> int:
    address = options.address and server_address(options.address)
    with open_card(options, changing=True) as card:
        local_management.set_default_address(card, address)
    text = f"is {address}" if address else "is removed"
    return show(options, {"defaultDpAddress": address}, [f"the default SM-DP+ address {text}"])


_COMMANDS: Mapping[str, Callable[[argparse.Namespace], int]] = {
    "info": _info,
    "list": _list,
    "ports": _ports,
    "enable": _switch,
    "disable": _switch,
    "delete": _delete,
    "nickname": _nickname,
    "reset": _reset,
    "set-address": _set_address,
    "download": download,
    "discover": discover,
    "notifications": notifications,
    "rpm": rpm,
    "move": move,
    "recover": recover,
}
