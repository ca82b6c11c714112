"""Opens a channel to the card a command line names; checks the card before any change.

A simulated card can be changed freely. A card in a real reader is changed only when the caller has
named its EID and the card answers with it; otherwise nothing beyond reading the EID is sent. The
links themselves come from `rspharness.targets`.
"""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import field
from functools import partial
from pathlib import Path
from typing import Final

from rspcore.errors import ConfigError, LocalError
from rspcore.frozen import dataclass, replace
from rspcore.ids import Eid
from rspcore.pki.bundle import Pki
from rspcore.pki.generate import make_pki
from rspharness.lpa.isdr_channel import ChannelOptions, IsdrChannel
from rspharness.lpa.local_management import read_eid
from rspharness.record.private_files import write_private
from rspharness.record.trace import Trace
from rspharness.run.opening import TARGETS, load_settings, open_target
from rspharness.targets.modem.at import AtTarget
from rspharness.targets.pki_folder import read_pki
from rspharness.targets.reader import find_reader
from rspharness.targets.replay import ReplayTarget
from rspharness.targets.settings import TargetSettings
from rspharness.targets.target import Target, TargetOptions
from rspharness.targets.transport import CardLink, TracedLink

__all__ = ["VIRTUAL_READER", "CardChoice", "connected", "linked", "reached"]

VIRTUAL_READER: Final = "Virtual PCD"
"""Beginning of the names of the virtual readers, which contain only simulated cards."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CardChoice:
    """The choice of a card and of how to communicate with it.

    Attributes:
        target: inprocess, vpcd, pcsc or at:PORT, the path of a target file of one of these kinds,
            or the name of a replay.
        reader: Reader name or its beginning; empty for that of the file, or the only one that fits.
        eid: EID the card must have (a simulated card in this process gets it).
        pki: Folder with the credentials of a simulated card; None for generated ones.
        trace: File to write the exchanged APDUs to, or None.
        options: Options of the channel.
    """

    target: str = "inprocess"
    reader: str = ""
    eid: Eid | None = None
    pki: Path | None = None
    trace: Path | None = None
    options: ChannelOptions = field(default_factory=ChannelOptions)


@contextmanager
def connected(choice: CardChoice, *, changing: bool) -> Iterator[IsdrChannel]:
    """Opens a channel to the ISD-R of the card chosen, and closes everything afterwards.

    Args:
        choice: The card.
        changing: True when the caller is going to change the card.

    Raises:
        LocalError: the card is to be changed, sits in a real reader, and no EID was named. Nothing
            was sent.
        ConfigError: no such reader or card, or the card has another EID. Nothing but the reading
            of its EID was sent.
        TargetLost: the card does not answer.
    """
    target = _open_target(choice)
    try:
        if changing and choice.eid is None and not _is_simulated(target):
            raise LocalError(
                f"{target.name}: this is not a simulated card; name its EID with --eid to allow a "
                "change. Nothing was sent to the card"
            )
        with _traced(target.open(), choice.trace) as link, ExitStack() as held:
            link.reset()
            options = choice.options
            if isinstance(target, AtTarget) and target.is_terminal:
                options = replace(options, terminal_capability=None)
            channel = held.enter_context(IsdrChannel(link, options))
            _require_eid(channel, choice, target.name)
            yield channel
    finally:
        target.close()


@contextmanager
def reached(choice: CardChoice) -> Iterator[tuple[CardLink, Mapping[str, str]]]:
    """Yields the link to the card chosen, just reset, and what is known of its place.

    The card need not be an eUICC, unless an EID was named.

    Raises:
        ConfigError: no such reader or card, or the card has another EID.
        TargetLost: the card does not answer.
    """
    target = _open_target(choice)
    try:
        with _traced(target.open(), choice.trace) as link:
            link.reset()
            if choice.eid is not None and target.facts().get("replay") is None:
                with IsdrChannel(link, choice.options) as channel:
                    _require_eid(channel, choice, target.name)
                link.reset()
            yield link, {"target": target.name, **target.facts()}
    finally:
        target.close()


@contextmanager
def linked(choice: CardChoice) -> Iterator[IsdrChannel]:
    """Resets the card chosen and yields a channel with nothing selected, for reading only.

    The card need not be an eUICC, unless an EID was named.

    Raises:
        ConfigError: no such reader or card, or the card has another EID.
        TargetLost: the card does not answer.
    """
    target = _open_target(choice)
    try:
        with _traced(target.open(), choice.trace) as link:
            link.reset()
            if choice.eid is not None:
                with IsdrChannel(link, choice.options) as channel:
                    _require_eid(channel, choice, target.name)
                link.reset()
            yield IsdrChannel(link, choice.options)
    finally:
        target.close()


def _open_target(choice: CardChoice) -> Target:
    settings = load_settings(choice.target, choice.reader)
    if settings.kind == "kept":
        raise LocalError(
            f"{choice.target}: a kept card is in a reader while it is served; start `rsplab card "
            "serve --state FILE` and name --target vpcd"
        )

    def complete(given: TargetSettings) -> TargetOptions:
        return TargetOptions(settings=given, pki=_pki(choice), eid=choice.eid)

    if settings.kind in ("inprocess", "replay"):
        return open_target(choice.target, "", complete)
    if settings.kind == "at":
        return open_target(
            choice.target, choice.reader, complete, partial(AtTarget, sessions_first=True)
        )
    # The card behind a virtual reader runs as a process of its own: like any reader for an LPA.
    virtual = VIRTUAL_READER if settings.kind == "vpcd" else ""
    reader = find_reader(settings.reader or virtual)
    pcsc = next(kind for kind in TARGETS if kind.name == "pcsc")
    return open_target(choice.target, reader, complete, pcsc.opens)


def _pki(choice: CardChoice) -> Pki:
    if choice.pki is None:
        return make_pki()
    if not choice.pki.is_dir():
        raise LocalError(f"--pki {choice.pki}: no such folder; it needs certificates and keys")
    return read_pki(choice.pki)


def _is_simulated(target: Target) -> bool:
    if isinstance(target, ReplayTarget):
        return True  # nothing that is sent reaches a card
    return target.simulated or target.facts().get("reader", "").startswith(VIRTUAL_READER)


def _require_eid(channel: IsdrChannel, choice: CardChoice, name: str) -> None:
    if choice.eid is None:
        return
    found = read_eid(channel)
    if found != choice.eid:
        raise ConfigError(
            f"{name}: EID {found} found, --eid asked for {choice.eid}; nothing but the reading of "
            "its EID was sent to the card, and the channel is closed again"
        )


@contextmanager
def _traced(link: CardLink, file: Path | None) -> Iterator[CardLink]:
    if file is None:
        try:
            yield link
        finally:
            link.close()
        return
    trace = Trace()
    try:
        yield TracedLink(link, trace)
    finally:
        link.close()
        try:
            write_private(file, trace.text())
        except OSError as error:
            raise ConfigError(f"trace file {file}: {error.strerror}") from error
