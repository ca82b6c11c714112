"""The commands of `rsplab ota`: make the packet, deliver it, print the proof of receipt."""

import argparse
import json
from collections.abc import Sequence

from rspcore.apdu import CommandApdu, Ins
from rspcore.errors import DecodeError, LocalError, RspError
from rspcore.messages.metadata import UpdateMetadataRequest
from rspcore.ota.packet import (
    CommandPacket,
    CounterMode,
    KeySet,
    ResponseStatus,
    SecurityParameters,
)
from rspcore.ota.script import compact
from rspcore.profile_maker import ProfileParameters, preset
from rspcore.status import describe
from rspharness.card.card_under_test import TERMINAL_PROFILE, Card
from rspharness.cli.command_options import card_choice
from rspharness.run.connection import connected
from rspharness.servers.ota_server import OtaServer, Receipt, personalisation_script

__all__ = ["packet", "run"]

_TAR_OCTETS = 3


def run(options: argparse.Namespace) -> int:
    """Sends the script and prints the receipt; returns the exit code.

    Raises:
        LocalError: an option has a wrong value. Nothing was sent.
        RspError: the card is not there, or its receipt cannot be opened.
    """
    parameters = preset("PROFILE_OPERATIONAL1")
    server = _server(options, parameters)
    script = _script(options)
    with connected(card_choice(options), changing=True) as channel:
        card = Card(channel.link)
        card.transmit(CommandApdu(0x80, Ins.TERMINAL_PROFILE, 0, 0, TERMINAL_PROFILE))
        if options.counter is None and server.security.counter_mode >= CounterMode.HIGHER:
            server.find_counter(card)
        octets = packet(server, script, form=options.format)
        receipt = server.deliver(card, octets)
    _show(options, octets, receipt)
    return 0 if receipt.accepted else 1


def packet(server: OtaServer, script: Sequence[CommandApdu], *, form: str) -> bytes:
    """Returns a script as a secured packet, written expanded or compact."""
    if form == "expanded":
        return server.packet(script)
    made = CommandPacket(server.security, server.tar, server.counter, compact(script))
    server.counter += 1
    return made.encode(server.keys)


def _octets(text: str, about: str, *lengths: int) -> bytes:
    try:
        octets = bytes.fromhex(text)
    except ValueError:
        raise LocalError(f"{about} {text!r}: expected hexadecimal digits") from None
    if lengths and len(octets) not in lengths:
        wanted = " or ".join(str(length) for length in lengths)
        raise LocalError(f"{about} of {len(octets)} octets: expected {wanted}")
    return octets


def _server(options: argparse.Namespace, parameters: ProfileParameters) -> OtaServer:
    server = OtaServer(parameters, counter=options.counter or 1)
    spi = _octets(options.spi, "--spi", 2)
    kic, kid = _octets(options.kic, "--kic", 1)[0], _octets(options.kid, "--kid", 1)[0]
    sizes = (8, 16, 24, 32)
    server.security = SecurityParameters(spi1=spi[0], spi2=spi[1], kic=kic, kid=kid)
    server.keys = KeySet(
        (kid or kic) >> 4,
        _octets(options.kic_key, "--kic-key", *sizes) if options.kic_key else parameters.kic,
        _octets(options.kid_key, "--kid-key", *sizes) if options.kid_key else parameters.kid,
        parameters.dek,
    )
    server.tar = _octets(options.tar, "--tar", _TAR_OCTETS)
    return server


def _script(options: argparse.Namespace) -> Sequence[CommandApdu]:
    if options.command == "update-metadata":
        return personalisation_script(_update(options))
    commands = []
    for text in options.apdu:
        octets = _octets(text, "APDU")
        try:
            commands.append(CommandApdu.parse(octets))
        except DecodeError as error:
            raise LocalError(f"APDU {text}: {error}") from error
    return commands


def _update(options: argparse.Namespace) -> bytes:
    if options.request is not None:
        return _octets(options.request, "--request")
    if options.provider is None and options.name is None:
        raise LocalError("update-metadata: name what to change: --provider, --name or --request")
    try:
        return UpdateMetadataRequest(
            service_provider_name=options.provider, profile_name=options.name
        ).encode()
    except RspError as error:
        raise LocalError(f"update-metadata: {error}") from error


def _name(status: int) -> str:
    known = {int(one): one.name for one in ResponseStatus}
    return f"{status:02X} {known.get(status, 'unknown status')}"


def _show(options: argparse.Namespace, octets: bytes, receipt: Receipt) -> None:
    responses = receipt.script.responses if receipt.script is not None else ()
    if options.json:
        view = {
            "packet": octets.hex().upper(),
            "envelope": f"{receipt.last.sw:04X}",
            "status": receipt.status,
            "executed": None if receipt.script is None else receipt.script.executed,
            "responses": [{"data": r.data.hex().upper(), "sw": f"{r.sw:04X}"} for r in responses],
            "accepted": receipt.accepted,
        }
        print(json.dumps(view, indent=2))
        return
    print(f"packet   {octets.hex().upper()}")
    if receipt.status is None:
        print(receipt.describe())
        return
    print(f"receipt  {_name(receipt.status)}")
    if receipt.script is not None:
        print(f"executed {receipt.script.executed}")
    for response in responses:
        print(f"answer   {response.data.hex().upper() or '-'}  {describe(response.sw)}")
