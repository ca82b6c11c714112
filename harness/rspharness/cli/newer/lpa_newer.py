"""`rsplab lpa rpm`, `move` and `recover`: what an LPA of version 3 does beside downloads."""

import argparse
import json
import sys
from pathlib import Path

from rspcore.errors import DecodeError, LocalError
from rspcore.ids import Eid, Iccid
from rspcore.messages.v3.rpm_package import RpmCommandDetails, RpmCommandResult
from rspcore.messages.v3.server_authentication import CancelSessionReason
from rspcore.printable_text import printable
from rspharness.cli.lpa_card import open_card, server_address, show
from rspharness.cli.lpa_servers import newer_device, port_of, recorded
from rspharness.lpa.local_management import code_text
from rspharness.lpa.newer.next_device import Move, MovedProfile, move_profile, recover_profile
from rspharness.lpa.newer.remote_packages import fetch_packages

__all__ = ["move", "recover", "rpm"]

_NAMES = ("enable", "disable", "delete", "list_profile_info", "update_metadata", "contact_pcmp")


class _TerminalOwner:
    """Asks at the terminal before a package is loaded; `--yes` agrees beforehand."""

    allows_rpm = True

    def __init__(self, *, agreed: bool) -> None:
        self._agreed = agreed

    def agrees_to(self, commands: tuple[RpmCommandDetails, ...], *, strong: bool) -> int | None:
        """Shows the commands and asks."""
        for one in commands:
            print(f"the operator asks to {_named(one)}", file=sys.stderr)
        if self._agreed or _yes("Allow it, deletion too?" if strong else "Allow it?"):
            return None
        return CancelSessionReason.endUserRejection


def _yes(question: str) -> bool:
    print(f"{question} [yes/no] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _named(details: RpmCommandDetails) -> str:
    name = next(one for one in _NAMES if getattr(details, one) is not None)
    iccid = getattr(getattr(details, name), "iccid", None)
    return f"{name.replace('_', ' ')}{'' if iccid is None else f' {iccid}'}"


def _result(one: RpmCommandResult) -> str:
    """Returns the result of a command in words."""
    data = one.data
    for part in (data.enable_result, data.disable_result, data.delete_result):
        if part is not None:
            (code,) = [getattr(part, name) for name in _RESULTS if hasattr(part, name)]
            return code_text(code)
    if data.update_metadata_result is not None:
        return code_text(data.update_metadata_result)
    if data.rpm_processing_terminated is not None:
        return f"ended: {code_text(data.rpm_processing_terminated)}"
    listed = data.list_profile_info_result
    if listed is not None and listed.profile_info_list_ok is not None:
        return ", ".join(str(info.iccid) for info in listed.profile_info_list_ok) or "no Profile"
    return printable(repr(data))


_RESULTS = ("enable_result", "disable_result", "delete_result")


def rpm(options: argparse.Namespace) -> int:
    """Asks a server for the RPM packages of this card, and loads them.

    Raises:
        RspError: none was loaded.
    """
    address = server_address(options.address)
    owner = _TerminalOwner(agreed=options.yes)
    with port_of(options, newer=True) as https, open_card(options, changing=True) as card:
        packages = fetch_packages(
            card,
            recorded(https, card),
            address,
            matching_id=options.matching_id or "",
            owner=owner,
            device=newer_device(options),
        )
    rows: list[dict[str, object]] = []
    lines = []
    for package in packages:
        commands = [_named(one) for one in package.commands]
        results = [_result(one) for one in package.results]
        error = None if package.error is None else code_text(package.error)
        rows.append({"commands": commands, "results": results, "error": error})
        lines += [f"{one}: {result}" for one, result in zip(commands, results, strict=False)]
        lines += [] if error is None else [f"the card refused the package: {error}"]
    view = {"packages": rows}
    return show(options, view, lines)


def move(options: argparse.Namespace) -> int:
    """Moves a Profile to another device and prints the activation code for it.

    Raises:
        RspError: it was not moved.
    """
    try:
        iccid = Iccid.from_digits(options.iccid)
        eid = None if options.next_eid is None else Eid.from_digits(options.next_eid)
    except DecodeError as error:
        raise LocalError(str(error)) from error
    agreed = options.yes
    wish = Move(
        agrees=lambda: agreed or _yes(f"Move Profile {iccid} to another device?"),
        confirmation_code=options.confirmation_code,
        next_eid=eid,
    )
    with port_of(options, newer=True) as https, open_card(options, changing=True) as card:
        moved = move_profile(card, recorded(https, card), iccid, wish, device=newer_device(options))
    view = _view(moved)
    if options.keep is not None:
        options.keep.write_text(json.dumps(view, indent=2) + "\n", encoding="utf-8")
    gone = "is deleted here" if moved.deleted else "is still here"
    return show(options, view, [f"Profile {iccid} {gone}", moved.activation_code])


def recover(options: argparse.Namespace) -> int:
    """Asks for the activation code by which a moved Profile comes back.

    Raises:
        RspError: the server or the card refused.
    """
    moved = _read(options.kept)
    with port_of(options, newer=True) as https, open_card(options, changing=False) as card:
        code = recover_profile(card, recorded(https, card), moved, device=newer_device(options))
    return show(options, {"activationCode": code}, [code])


def _view(moved: MovedProfile) -> dict[str, object]:
    return {
        "iccid": str(moved.iccid),
        "address": moved.address,
        "activationCode": moved.activation_code,
        "deleted": moved.deleted,
        "recoverable": moved.recoverable,
        "recoverableUntil": moved.recoverable_until,
    }


def _read(path: Path) -> MovedProfile:
    """Returns what `move --keep` wrote."""
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        return MovedProfile(
            iccid=Iccid.from_digits(kept["iccid"]),
            address=kept["address"],
            activation_code=kept["activationCode"],
            recoverable=kept["recoverable"],
            recoverable_until=kept["recoverableUntil"],
        )
    except (OSError, ValueError, KeyError, TypeError, DecodeError) as error:
        raise LocalError(f"{path}: not what `rsplab lpa move --keep` writes: {error}") from error
