"""`rsplab lpa rpm`, `move` and `recover`: what an LPA of version 3 does beside downloads."""

import argparse
import json
from pathlib import Path

from rspcore.errors import DecodeError, LocalError
from rspcore.ids import Eid, Iccid
from rspcore.messages.v3.lsi_configuration import MepMode
from rspharness.cli.lpa_card import open_card, server_address, show
from rspharness.cli.lpa_servers import newer_device, port_of, recorded
from rspharness.cli.lpa_user import (
    TerminalOwner,
    agreed_at_terminal,
    package_lines,
    package_views,
    settling,
)
from rspharness.lpa.newer.next_device import Move, MovedProfile, move_profile, recover_profile
from rspharness.lpa.newer.remote_packages import fetch_packages

__all__ = ["move", "recover", "rpm"]


def rpm(options: argparse.Namespace) -> int:
    """Asks a server for the RPM packages of this card, and loads them.

    Raises:
        RspError: none was loaded.
    """
    address = server_address(options.address)
    if options.esim_port is not None and options.mep != MepMode.A1.name:
        raise LocalError("--esim-port: the device chooses the port in MEP-A1 alone; say --mep A1")
    owner = TerminalOwner(agreed=options.yes or None)
    with port_of(options, newer=True) as https, open_card(options, changing=True) as card:
        packages = fetch_packages(
            card,
            recorded(https, card),
            address,
            matching_id=options.matching_id or "",
            owner=owner,
            device=newer_device(options),
            target_esim_port=options.esim_port,
            settle=settling(options),
        )
    return show(options, {"packages": package_views(packages)}, package_lines(packages))


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
        agrees=lambda: agreed or agreed_at_terminal(f"Move Profile {iccid} to another device?"),
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
