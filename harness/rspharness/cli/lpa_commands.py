"""The commands of `rsplab lpa`: read the arguments, open the channel, print the outcome."""

import argparse
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace

from rspcore.errors import ConfigError, DecodeError, LocalError, RemoteError, RspError
from rspcore.ids import Iccid
from rspcore.messages.es10c import ResetOption
from rspcore.pki.generate import make_pki
from rspcore.printable_text import printable
from rspharness.cli.lpa_user import ProgressBar, TerminalUser
from rspharness.cli.target_options import card_choice
from rspharness.lpa import local_management
from rspharness.lpa.activation_code import ActivationCode, check_server_address
from rspharness.lpa.card_reading import read_card, read_lists
from rspharness.lpa.discovery import default_code, find_events, is_nothing_pending
from rspharness.lpa.download import AutomaticUser, Download, EndUser
from rspharness.lpa.es9p_client import HttpPort, ServerUnreachableError
from rspharness.lpa.https_arguments import parse_connect_to, read_ci_certificates
from rspharness.lpa.https_port import HttpsOptions, HttpsPort
from rspharness.lpa.isdr_channel import IsdrChannel
from rspharness.lpa.notification_delivery import (
    deliver_all,
    deliver_older,
    remove_notification,
    retrieve_notifications,
)
from rspharness.lpa.output import (
    card_view,
    download_view,
    failure_view,
    found_view,
    listed_profile_view,
    notification_view,
    profile_view,
    table,
    text_lines,
    waiting_view,
)
from rspharness.lpa.retried_download import download_with_retries
from rspharness.lpa.traced_port import TracedPort
from rspharness.run.connection import connected
from rspharness.targets.transport import TracedLink

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
    "isdpAid",
    "unknown",
    "unread",
)
_NOTIFICATION_COLUMNS = (
    "seqNumber",
    "event",
    "iccid",
    "notificationAddress",
    "result",
    "delivered",
    "error",
    "unknown",
    "unread",
)
_FOUND_COLUMNS = ("address", "matchingId", "iccid", "complete", "error")


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


def _card(options: argparse.Namespace, *, changing: bool) -> AbstractContextManager[IsdrChannel]:
    choice = card_choice(options)
    channel = replace(choice.options, block_size=options.block_size)
    choice = replace(choice, pki=options.pki, options=channel)
    return connected(choice, changing=changing)


def _port(options: argparse.Namespace) -> HttpsPort:
    return HttpsPort(
        HttpsOptions(
            ca_certificates=_trusted(options),
            insecure=options.insecure,
            connect_to=parse_connect_to(options.connect_to),
            timeout_s=options.timeout,
        )
    )


def _recorded(port: HttpsPort, card: IsdrChannel) -> HttpPort:
    """Returns the port, writing into the trace of the card if there is one."""
    link = card.link
    return TracedPort(port, link.trace) if isinstance(link, TracedLink) else port


def _trusted(options: argparse.Namespace) -> tuple[bytes, ...]:
    place = options.ca or options.pki
    if place is not None:
        return read_ci_certificates(place)
    if options.target == "pcsc":
        return ()
    # What a simulated card trusts by default; its keys are public, so no real card gets it.
    pki = make_pki()
    return tuple(pki.ci(curve).certificate.der for curve in pki.curves)


def _show(options: argparse.Namespace, view: Mapping[str, object], lines: Sequence[str]) -> int:
    """Prints a successful outcome in the form asked for."""
    if options.json:
        print(json.dumps(view, ensure_ascii=False, indent=2))
    else:
        print(*lines, sep="\n")
    return 0


def _info(options: argparse.Namespace) -> int:
    with _card(options, changing=False) as card:
        read = read_card(card)
    view = card_view(read)
    problems = [one.problem for one in read.parts if one.problem]
    return _show(options, view, text_lines(view)) or _odd(problems)


def _list(options: argparse.Namespace) -> int:
    with _card(options, changing=False) as card:
        read = read_lists(card)
    rows = [listed_profile_view(profile) for profile in read.profiles or ()]
    waiting = [waiting_view(one) for one in read.notifications]
    lines = table(rows, _PROFILE_COLUMNS) if rows else []
    if read.profiles == ():
        lines = ["no Profile is installed"]
    if waiting:
        lines += ["", "waiting Notifications:", *table(waiting, _NOTIFICATION_COLUMNS)]
    view = {"profiles": rows, "notifications": waiting}
    return _show(options, view, lines) or _odd(read.problems)


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


def _switch(options: argparse.Namespace) -> int:
    name = _named(options.profile)
    operations = {
        "enable": local_management.enable_profile,
        "disable": local_management.disable_profile,
    }
    with _card(options, changing=True) as card:
        profile = operations[options.command](card, name, refresh=not options.no_refresh)
    view = profile_view(profile)
    return _show(options, view, [f"Profile {view['iccid']} is {view['profileState']}"])


def _delete(options: argparse.Namespace) -> int:
    name = _named(options.profile)
    with _card(options, changing=True) as card:
        local_management.delete_profile(card, name)
    return _show(options, {"deleted": str(name)}, [f"Profile {name} is deleted"])


def _nickname(options: argparse.Namespace) -> int:
    name = _named(options.iccid)
    if not isinstance(name, Iccid):
        raise LocalError(f"nickname: {options.iccid!r}: an ICCID is needed here, not an AID")
    if len(options.text) > 64:
        raise LocalError(f"nickname of {len(options.text)} characters; at most 64 are possible")
    with _card(options, changing=True) as card:
        local_management.set_nickname(card, name, options.text)
    text = f"is called {options.text!r}" if options.text else "has no nickname any more"
    view = {"iccid": str(name), "profileNickname": options.text}
    return _show(options, view, [f"Profile {name} {text}"])


def _reset(options: argparse.Namespace) -> int:
    wanted = {
        ResetOption.deleteOperationalProfiles: options.operational,
        ResetOption.deleteFieldLoadedTestProfiles: options.test,
        ResetOption.resetDefaultSmdpAddress: options.address,
    }
    chosen = frozenset(option for option, is_wanted in wanted.items() if is_wanted)
    if not chosen:
        raise LocalError("reset: say what, with --operational, --test or --address")
    with _card(options, changing=True) as card:
        deleted = local_management.memory_reset(card, chosen)
    text = "Profiles were deleted" if deleted else "there was no Profile to delete"
    return _show(options, {"deleted": deleted, "address": options.address}, [text])


def _set_address(options: argparse.Namespace) -> int:
    address = options.address and _server_address(options.address)
    with _card(options, changing=True) as card:
        local_management.set_default_address(card, address)
    text = f"is {address}" if address else "is removed"
    return _show(options, {"defaultDpAddress": address}, [f"the default SM-DP+ address {text}"])


def _download(options: argparse.Namespace) -> int:
    _check_retries(options)
    code = None if options.code is None else _activation_code(options.code)
    user = _user(options)
    with _port(options) as https, _card(options, changing=True) as card:
        port = _recorded(https, card)
        if code is None:
            code = _default_code(card)
        _deliver_older(card, port, code.address)
        with ProgressBar(quiet=options.json) as bar:
            done = download_with_retries(
                card, port, code, retries=options.retries, user=user, progress=bar
            )
    view = download_view(done)
    lines = [f"Profile {done.iccid} is installed, disabled", *text_lines(view)]
    _show(options, view, lines)
    if done.unreported is None:
        return 0
    print(
        f"rsplab: the server has not taken the result: {done.unreported}; "
        "`rsplab lpa notifications --process` tries again",
        file=sys.stderr,
    )
    return 1


def _deliver_older(card: IsdrChannel, port: HttpPort, address: str) -> None:
    """Delivers what waits for the server; what does not succeed is shown and waits on."""
    try:
        problems = [one.error for one in deliver_older(card, port, address) if one.error]
    except (RemoteError, DecodeError) as error:
        problems = [str(error)]
    for one in problems:
        print(f"rsplab: an older Notification waits: {printable(one)}", file=sys.stderr)


def _discover(options: argparse.Namespace) -> int:
    _check_retries(options)
    user = None if options.list else _user(options)
    address = options.smds and _server_address(options.smds)
    found: list[tuple[ActivationCode, Download | None, str]] = []
    with _port(options) as https, _card(options, changing=not options.list) as card:
        port = _recorded(https, card)
        code = None if options.list else default_code(card)
        for one in (() if code is None else (code,)) + find_events(card, port, address):
            if options.list:
                found.append((one, None, ""))
                continue
            _deliver_older(card, port, one.address)
            try:
                with ProgressBar(quiet=options.json) as bar:
                    done = download_with_retries(
                        card, port, one, retries=options.retries, user=user, progress=bar
                    )
                found.append((one, done, done.unreported or ""))
            except (RemoteError, ServerUnreachableError, DecodeError) as error:
                waits = not (one is code and is_nothing_pending(error))
                if waits:
                    found.append((one, None, str(error)))
    rows = [found_view(*one) for one in found]
    lines = table(rows, _FOUND_COLUMNS) if rows else ["nothing waits for this card"]
    _show(options, {"found": rows}, lines)
    return 1 if any(problem for _, _, problem in found) else 0


def _check_retries(options: argparse.Namespace) -> None:
    if options.retries < 0:
        raise LocalError(f"--retries {options.retries}: expected 0 or more")


def _server_address(text: str) -> str:
    try:
        check_server_address(text)
    except DecodeError as error:
        raise LocalError(str(error)) from error
    return text


def _activation_code(text: str) -> ActivationCode:
    try:
        return ActivationCode.parse(text)
    except DecodeError as error:
        raise LocalError(f"{error}; no server was contacted") from error


def _default_code(card: IsdrChannel) -> ActivationCode:
    code = default_code(card)
    if code is None:
        raise ConfigError(
            "the card has no default SM-DP+ address; give an activation code, or store one with "
            "`rsplab lpa set-address`"
        )
    return code


def _user(options: argparse.Namespace) -> EndUser:
    if options.yes:
        return AutomaticUser(code=options.confirmation_code)
    if not sys.stdin.isatty():
        raise LocalError("download: there is no terminal to ask at; agree beforehand with --yes")
    return TerminalUser(options.confirmation_code)


def _notifications(options: argparse.Namespace) -> int:
    changing = options.process or options.remove is not None
    with _card(options, changing=changing) as card:
        if options.remove is not None:
            remove_notification(card, options.remove)
            text = f"Notification {options.remove} is removed"
            return _show(options, {"removed": options.remove}, [text])
        found = retrieve_notifications(card)
        rows = [notification_view(one) for one in found]
        undelivered = 0
        if options.process and found:
            with _port(options) as https:
                sent = deliver_all(card, _recorded(https, card), found)
                for row, delivery in zip(rows, sent, strict=True):
                    row["delivered"] = delivery.error is None
                    if delivery.error is not None:
                        row["error"] = delivery.error
                        undelivered += 1
    lines = table(rows, _NOTIFICATION_COLUMNS) if rows else ["no Notification is waiting"]
    _show(options, {"notifications": rows}, lines)
    return 1 if undelivered else 0


_COMMANDS: Mapping[str, Callable[[argparse.Namespace], int]] = {
    "info": _info,
    "list": _list,
    "enable": _switch,
    "disable": _switch,
    "delete": _delete,
    "nickname": _nickname,
    "reset": _reset,
    "set-address": _set_address,
    "download": _download,
    "discover": _discover,
    "notifications": _notifications,
}
