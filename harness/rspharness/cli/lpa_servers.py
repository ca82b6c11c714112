"""The commands of `rsplab lpa` that go to servers: download, discover and notifications."""

import argparse
import sys
from dataclasses import replace
from pathlib import Path
from time import sleep  # noqa: TID251  waits, and reads no clock
from typing import Final

from rspcore.errors import ConfigError, DecodeError, LocalError, RemoteError
from rspcore.ids import Version
from rspcore.messages.es9p import ADMIN_PROTOCOL_HEADER, ADMIN_PROTOCOL_PREFIX
from rspcore.messages.euicc_info import DeviceInfo
from rspcore.messages.v3.server_authentication import CancelSessionReason
from rspcore.pki.generate import make_pki
from rspcore.printable_text import printable
from rspharness.cli.lpa_card import NOTIFICATION_COLUMNS, open_card, server_address, show
from rspharness.cli.lpa_user import (
    DecidedUser,
    ProgressBar,
    TerminalOwner,
    TerminalUser,
    package_lines,
    settling,
)
from rspharness.lpa.activation_code import ActivationCode
from rspharness.lpa.device import device_from_words, device_of_version
from rspharness.lpa.discovery import (
    PendingEvent,
    default_code,
    find_pending,
    is_nothing_pending,
)
from rspharness.lpa.download import AutomaticUser, Download, EndUser
from rspharness.lpa.es9p_client import Es11Client, HttpPort, ServerUnreachableError
from rspharness.lpa.https_arguments import parse_connect_to, read_ci_certificates
from rspharness.lpa.https_port import HttpsOptions, HttpsPort
from rspharness.lpa.isdr_channel import IsdrChannel
from rspharness.lpa.newer.remote_packages import fetch_packages
from rspharness.lpa.newer.server_names import read_hosts
from rspharness.lpa.notification_delivery import (
    deliver_all,
    deliver_older,
    remove_notification,
    retrieve_notifications,
)
from rspharness.lpa.output import (
    download_view,
    found_view,
    notification_view,
    table,
    text_lines,
)
from rspharness.lpa.qr_image import read_qr_image
from rspharness.lpa.retried_download import LONGEST_PAUSE_S, download_with_retries
from rspharness.lpa.traced_port import TracedPort
from rspharness.record.private_files import write_private
from rspharness.targets.transport import TracedLink

__all__ = ["discover", "download", "newer_device", "notifications", "port_of", "recorded"]

_VERSION_3: Final = Version.from_text("3.0.0")
_FOUND_COLUMNS = ("address", "matchingId", "rpm", "iccid", "complete", "error")
_LONGEST_MATCHING_ID = 255
_pause = sleep


def port_of(options: argparse.Namespace, *, newer: bool = False) -> HttpsPort:
    """Returns the way to servers that the options ask for.

    Args:
        options: The command line.
        newer: Whether the LPA is one of version 3 whatever the options say.
    """
    version = _protocol_version(options)
    return HttpsPort(
        HttpsOptions(
            ca_certificates=_trusted(options),
            insecure=options.insecure,
            connect_to=parse_connect_to(options.connect_to),
            timeout_s=options.timeout,
            headers=_headers(options),
            tls_keys=_key_file(options.tls_keys),
            newer_names=newer or (version is not None and version >= _VERSION_3),
            hosts=_hosts(options.hosts),
        )
    )


def _hosts(file: Path | None) -> dict[str, str] | None:
    """Returns the addresses of a file in the form of /etc/hosts; None for DNS.

    Raises:
        ConfigError: it cannot be read.
    """
    if file is None:
        return None
    try:
        return read_hosts(file.read_text(encoding="utf-8"), str(file))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"--hosts {file}: {error}") from error


def _key_file(file: Path | None) -> Path | None:
    """Makes the file for the keys of TLS, for its owner alone, and returns it.

    Raises:
        ConfigError: it cannot be made.
    """
    if file is not None:
        try:
            write_private(file, "")
        except OSError as error:
            raise ConfigError(f"--tls-keys {file}: {error.strerror}") from error
    return file


def _headers(options: argparse.Namespace) -> dict[str, str]:
    """Returns the header fields that the options put in place of those of the client."""
    headers = {}
    if options.user_agent is not None:
        if printable(options.user_agent) != options.user_agent or not options.user_agent.isascii():
            raise LocalError(f"--user-agent {options.user_agent!r}: expected one line of ASCII")
        headers["User-Agent"] = options.user_agent
    version = _protocol_version(options)
    if version is not None:
        headers[ADMIN_PROTOCOL_HEADER] = f"{ADMIN_PROTOCOL_PREFIX}{version}"
    return headers


def _protocol_version(options: argparse.Namespace) -> Version | None:
    """Returns the version of --protocol-version, None without it.

    Raises:
        LocalError: it is no version.
    """
    if options.protocol_version is None:
        return None
    try:
        return Version.from_text(options.protocol_version)
    except DecodeError as error:
        raise LocalError(f"--protocol-version: {error}") from error


def recorded(port: HttpsPort, card: IsdrChannel) -> HttpPort:
    """Returns the port, writing into the trace of the card if there is one."""
    link = card.link
    return TracedPort(port, link.trace) if isinstance(link, TracedLink) else port


def _trusted(options: argparse.Namespace) -> tuple[bytes, ...]:
    place = options.ca or options.pki
    if place is not None:
        return read_ci_certificates(place)
    if options.target == "pcsc" or options.target.startswith("at:"):
        return ()
    # What a simulated card trusts by default; its keys are public, so no real card gets it.
    pki = make_pki()
    return tuple(pki.ci(curve).certificate.der for curve in pki.curves)


def _device(options: argparse.Namespace) -> DeviceInfo:
    device = device_from_words(imei=options.imei, tac=options.tac, capabilities=options.capability)
    version = _protocol_version(options)
    return device if version is None else device_of_version(device, version)


def newer_device(options: argparse.Namespace) -> DeviceInfo:
    """Returns the device of an LPA of version 3, of --protocol-version or 3.1.0.

    Raises:
        LocalError: the version is below 3.
    """
    version = _protocol_version(options) or Version.from_text("3.1.0")
    if version < Version.from_text("3.0.0"):
        raise LocalError(f"--protocol-version {version}: RPM and Device Change came with 3.0.0")
    return device_of_version(device_from_words(), version)


def download(options: argparse.Namespace) -> int:
    """Downloads the Profile of a code, a picture of one, or the default SM-DP+.

    Raises:
        RspError: it was not installed.
    """
    _check_retries(options)
    code, user, device = _asked_for(options), _user(options), _device(options)
    with port_of(options) as https, open_card(options, changing=True) as card:
        port = recorded(https, card)
        if code is None:
            code = _default_code(card)
        if options.matching_id is not None:
            code = replace(code, matching_id=options.matching_id)
        _deliver_older(card, port, code.address)
        with ProgressBar(quiet=options.json) as bar:
            done = download_with_retries(
                card,
                port,
                code,
                retries=options.retries,
                user=user,
                device=device,
                progress=bar,
            )
    view = download_view(done)
    lines = [f"Profile {done.iccid} is installed, disabled", *text_lines(view)]
    show(options, view, lines)
    if done.unreported is None:
        return 0
    print(
        f"rsplab: the server has not taken the result: {printable(done.unreported)}; "
        "`rsplab lpa notifications --process` tries again",
        file=sys.stderr,
    )
    return 1


def _asked_for(options: argparse.Namespace) -> ActivationCode | None:
    """Returns the code of the options, None for the default SM-DP+."""
    matching_id = options.matching_id
    if matching_id is not None and len(matching_id.encode()) > _LONGEST_MATCHING_ID:
        raise LocalError(f"--matching-id: at most {_LONGEST_MATCHING_ID} octets are possible")
    if options.qr is not None and options.code is not None:
        raise LocalError("CODE and --qr: expected one of them")
    text = options.code if options.qr is None else read_qr_image(options.qr)
    if text is None:
        return None
    try:
        return ActivationCode.parse(text)
    except DecodeError as error:
        raise LocalError(f"{printable(str(error))}; no server was contacted") from error


def _deliver_older(card: IsdrChannel, port: HttpPort, address: str) -> None:
    """Delivers what waits for the server; what does not succeed is shown and waits on."""
    try:
        problems = [one.error for one in deliver_older(card, port, address) if one.error]
    except (RemoteError, DecodeError) as error:
        problems = [str(error)]
    for one in problems:
        print(f"rsplab: an older Notification waits: {printable(one)}", file=sys.stderr)


def discover(options: argparse.Namespace) -> int:
    """Finds what waits at the default SM-DP+ and the SM-DS, and downloads it.

    An event of RPM, of which a signed list of version 3 tells, has the card load the package.

    Raises:
        RspError: the SM-DS was not asked; what a download ends with is shown.
    """
    _check_retries(options)
    if options.check is not None:
        return _check_event(options)
    user, device = None if options.list else _user(options), _device(options)
    address = options.smds and server_address(options.smds)
    found: list[tuple[ActivationCode, Download | None, str, tuple[str, ...] | None]] = []
    with port_of(options) as https, open_card(options, changing=not options.list) as card:
        port = recorded(https, card)
        code = None if options.list else default_code(card)
        pending = find_pending(card, port, address, device=device)
        for event in (() if code is None else (PendingEvent(code),)) + pending.events:
            one, nothing = event.code, () if event.remote else None
            if options.list:
                found.append((one, None, "", nothing))
                continue
            try:
                if event.remote:
                    lines = _managed(options, card, port, one)
                    found.append((one, None, "", tuple(lines)))
                    continue
                _deliver_older(card, port, one.address)
                with ProgressBar(quiet=options.json) as bar:
                    done = download_with_retries(
                        card,
                        port,
                        one,
                        retries=options.retries,
                        user=user,
                        device=device,
                        progress=bar,
                    )
                found.append((one, done, done.unreported or "", None))
            except (RemoteError, ServerUnreachableError, DecodeError) as error:
                waits = not (one is code and is_nothing_pending(error))
                if waits:
                    found.append((one, None, str(error), nothing))
    rows = [found_view(*one) for one in found]
    lines = table(rows, _FOUND_COLUMNS) if rows else ["nothing waits for this card"]
    view: dict[str, object] = {"found": rows}
    if pending.ec_id is not None:
        view["ecId"] = pending.ec_id.hex().upper()
        lines.append(f"ecId {view['ecId']}")
    show(options, view, lines)
    return 1 if any(problem for _, _, problem, _ in found) else 0


def _managed(
    options: argparse.Namespace, card: IsdrChannel, port: HttpPort, code: ActivationCode
) -> list[str]:
    """Has the card load the RPM package of an event; returns what was done.

    Raises:
        RspError: nothing was loaded.
    """
    agreed = True if options.yes else {None: None, "yes": True}.get(options.answer, False)
    later = options.answer == "later"
    refusal = CancelSessionReason.postponed if later else CancelSessionReason.endUserRejection
    packages = fetch_packages(
        card,
        port,
        code.address,
        matching_id=code.matching_id,
        owner=TerminalOwner(agreed=agreed, refusal=refusal),
        device=newer_device(options),
        settle=settling(options),
    )
    return package_lines(packages)


def _check_event(options: argparse.Namespace) -> int:
    """Asks an SM-DS by an ecId whether anything waits; no card is needed.

    Raises:
        RspError: it does not say.
    """
    try:
        ec_id = bytes.fromhex(options.check)
    except ValueError as error:
        raise LocalError(f"--check {options.check!r}: expected the ecId of --list") from error
    if not 16 <= len(ec_id) <= 32:
        raise LocalError(f"--check: an ecId has 16 to 32 octets, not {len(ec_id)}")
    if not options.smds:
        raise LocalError("--check: say which SM-DS gave the ecId, with --smds")
    with port_of(options, newer=True) as https:
        waits = Es11Client(https, server_address(options.smds)).check_event(ec_id)
    text = "something waits for the card" if waits else "nothing waits for the card"
    return show(options, {"isPendingEvent": waits}, [text])


def _check_retries(options: argparse.Namespace) -> None:
    if options.retries < 0:
        raise LocalError(f"--retries {options.retries}: expected 0 or more")


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
    if options.answer is not None:
        return DecidedUser(options.answer, options.confirmation_code)
    if not sys.stdin.isatty():
        raise LocalError(
            "download: there is no terminal to ask at; agree beforehand with --yes or --answer"
        )
    return TerminalUser(options.confirmation_code)


def notifications(options: argparse.Namespace) -> int:
    """Lists, delivers or removes Notifications; with --watch until the user stops it.

    Raises:
        RspError: the card did not give its list, or the removal was refused.
    """
    _check_retries(options)
    if options.watch is not None:
        return _watch(options)
    changing = options.process or options.remove is not None
    with open_card(options, changing=changing) as card:
        if options.remove is not None:
            remove_notification(card, options.remove)
            text = f"Notification {options.remove} is removed"
            return show(options, {"removed": options.remove}, [text])
        found = retrieve_notifications(card)
        rows = [notification_view(one) for one in found]
        undelivered = 0
        if options.process and found:
            with port_of(options) as https:
                errors = _delivered(card, recorded(https, card), options.retries)
            for row in rows:
                error = errors.get(row["seqNumber"])
                row["delivered"] = error is None
                if error is not None:
                    row["error"] = error
                    undelivered += 1
    lines = table(rows, NOTIFICATION_COLUMNS) if rows else ["no Notification is waiting"]
    show(options, {"notifications": rows}, lines)
    return 1 if undelivered else 0


def _delivered(card: IsdrChannel, port: HttpPort, retries: int) -> dict[object, str]:
    """Delivers what waits, again after failures; returns why what is left is, by number."""
    errors: dict[object, str] = {}
    for number in range(retries + 1):
        waiting = retrieve_notifications(card)
        sent = deliver_all(card, port, waiting)
        errors = {one.notification.metadata.seq_number: one.error for one in sent if one.error}
        if not errors or number == retries:
            break
        _pause(min(2.0**number, LONGEST_PAUSE_S))
    return errors


def _watch(options: argparse.Namespace) -> int:
    """Delivers what waits, then what comes, until the user stops it."""
    if not options.watch > 0:
        raise LocalError(f"--watch {options.watch:g}: expected seconds, more than 0")
    with port_of(options) as https:
        while True:
            with open_card(options, changing=True) as card:
                before = {
                    one.metadata.seq_number: notification_view(one)
                    for one in retrieve_notifications(card)
                }
                errors = _delivered(card, recorded(https, card), options.retries)
            for number, row in before.items():
                error = errors.get(number)
                row["delivered"] = error is None
                if error is not None:
                    row["error"] = error
            if before:
                rows = list(before.values())
                show(options, {"notifications": rows}, table(rows, NOTIFICATION_COLUMNS))
                sys.stdout.flush()
            _pause(options.watch)
