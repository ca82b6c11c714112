"""Recordings: everything that passed between a run and its card, in one file that can be replayed.

A recording is a trace (`trace`) with three kinds of remarks that mean something:

    # rsplab trace 1
    # recording {"schema": 1, "simulated": false, "seed": "1", ...}
    # session ES10c.GetEID#01
    ATR 3B 9F ...

`recording` says how the run was made, which a replay has to repeat so that the same commands come.
`session` begins each opening of the card, with the seed label of the case it was opened for, and
nothing when no case did. A trace of a case has one session, that of the case. A file whose name
ends in `.gz` is compressed.
"""

import gzip
import json
import os
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import field
from io import TextIOWrapper
from pathlib import Path
from typing import Any, Final, TextIO

from rspcore.errors import ConfigError
from rspcore.frozen import dataclass
from rspharness.record.trace import HEADER, Answered, Remark, Reset, read_events

__all__ = [
    "LARGEST",
    "REPLAYS",
    "SESSION",
    "Recording",
    "Session",
    "begin",
    "heading",
    "is_replay",
    "read_about",
    "read_recording",
    "sessions_in",
]

SCHEMA: Final = 1
LARGEST: Final = 256 * 1024 * 1024
"""Octets of text a recording may have, also after it is decompressed."""

SESSION: Final = "session"
REPLAYS: Final = {"replay:": False, "replay-search:": True}
"""Beginnings of a target that names a recording, and whether commands are looked for in it."""

_RECORDING: Final = "recording "
_LONGEST_HEADING: Final = 1 << 18
_GZIP: Final = 31
"""What zlib calls the format of gzip."""


@dataclass(frozen=True, slots=True)
class Session:
    """What passed between one opening of the card and the next.

    Attributes:
        label: Seed label of the case it was opened for; empty when no case did.
        events: Resets and commands in their order.
    """

    label: str
    events: tuple[Reset | Answered, ...]


@dataclass(frozen=True, slots=True)
class Recording:
    """A recording.

    Attributes:
        source: Name of the file, for messages.
        about: How the run was made, as `begin` wrote it; empty for the trace of a case.
        sessions: Its sessions in their order.
        ordered: False for the traces of a run, each a file, whose order is not known.
    """

    source: str
    about: Mapping[str, Any] = field(default_factory=dict)
    sessions: tuple[Session, ...] = ()
    ordered: bool = True


def is_replay(target: str) -> bool:
    """Returns whether the name of a target is that of a recording.

    >>> is_replay("replay:card.rec"), is_replay("pcsc")
    (True, False)
    """
    return target.startswith(tuple(REPLAYS))


def begin(path: Path, about: Mapping[str, Any]) -> TextIO:
    """Makes the file of a recording, for its owner alone, and writes how the run was made.

    Raises:
        ConfigError: the file is there already, or cannot be made.
    """
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise ConfigError(f"recording {path}: is there already; name a new file") from error
    except OSError as error:
        raise ConfigError(f"recording {path}: {error.strerror}; name another file") from error
    file: TextIO
    if path.suffix == ".gz":
        raw = os.fdopen(descriptor, "wb", buffering=0)
        packed = gzip.GzipFile(fileobj=raw, mode="wb", mtime=0)
        packed.myfileobj = raw  # closed with it
        file = TextIOWrapper(packed, encoding="utf-8")
    else:
        file = os.fdopen(descriptor, "w", encoding="utf-8")
    file.write(heading(about))
    return file


def heading(about: Mapping[str, Any]) -> str:
    """Returns the first two lines of a recording."""
    written = json.dumps({"schema": SCHEMA, **about}, ensure_ascii=False)
    return f"{HEADER}\n# {_RECORDING}{written}\n"


def read_about(path: Path) -> dict[str, Any]:
    """Reads how the run of a recording was made, and nothing else; empty where it does not say.

    Raises:
        ConfigError: as `read_recording`.
    """
    folder = path / "traces"
    if folder.is_dir():
        path = folder / "run.txt"
        if not path.is_file():
            return {}
    return _about(_text(path, _LONGEST_HEADING), path)


def read_recording(path: Path) -> Recording:
    """Reads the file of a recording, the trace of a case, or all traces of a run.

    Args:
        path: A recording, a trace, or the folder of a run with its `traces`.

    Raises:
        ConfigError: no such file, too large, no trace, or a recording of another version.
    """
    if (path / "traces").is_dir():
        return _of_run(path)
    text = _text(path)
    about = _about(text, path)
    return Recording(str(path), about, tuple(sessions_in(text, str(path))))


def _of_run(folder: Path) -> Recording:
    """Reads the traces of a run; what it sent outside of its cases comes first."""
    files = sorted(
        (folder / "traces").glob("*.txt"), key=lambda file: (file.name != "run.txt", file.name)
    )
    if not files:
        raise ConfigError(f"{folder}: no trace in its folder traces")
    sessions: list[Session] = []
    size = 0
    for file in files:
        text = _text(file)
        size += len(text)
        if size > LARGEST:
            raise ConfigError(f"{folder}: more than {LARGEST >> 20} MiB of traces")
        sessions += sessions_in(text, str(file))
    return Recording(str(folder), _about(_text(files[0]), files[0]), tuple(sessions), ordered=False)


def sessions_in(text: str, source: str) -> Iterator[Session]:
    """Yields the sessions of the text of a trace; what stands before the first one has no label.

    Raises:
        ConfigError: a line is not one of a trace; the message names it.
    """
    label, events = "", list[Reset | Answered]()
    try:
        read = read_events(text)
    except ConfigError as error:
        raise ConfigError(f"{source}: {error}") from error
    for one in read:
        if not isinstance(one, Remark):
            events.append(one)
            continue
        kind, _, rest = one.text.partition(" ")
        if kind == SESSION:
            if events:
                yield Session(label, tuple(events))
            label, events = rest.strip(), []
    if events:
        yield Session(label, tuple(events))


def _about(text: str, path: Path) -> dict[str, Any]:
    """Returns how the run was made; empty where the text does not say."""
    for line in text.splitlines()[:2]:
        if not line.startswith(f"# {_RECORDING}"):
            continue
        try:
            about: dict[str, Any] = json.loads(line[2 + len(_RECORDING) :])
        except ValueError as error:
            raise ConfigError(f"{path}: its second line is damaged: {error}") from error
        if about.get("schema") != SCHEMA:
            raise ConfigError(f"{path}: recording {about.get('schema')}, expected {SCHEMA}")
        return about
    return {}


def _text(path: Path, only: int = 0) -> str:
    """Returns the text of a file, decompressed; or no more than so many octets of it."""
    try:
        with path.open("rb") as raw:
            most = only or LARGEST + 1
            octets = _unpacked(raw.read(), most) if path.suffix == ".gz" else raw.read(most)
        if len(octets) > LARGEST:
            raise ConfigError(f"{path}: more than {LARGEST >> 20} MiB")
        return octets.decode("utf-8", errors="ignore" if only else "strict")
    except FileNotFoundError as error:
        raise ConfigError(
            f"{path}: no such file; `rsplab record FILE` makes a recording"
        ) from error
    except (OSError, zlib.error, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ConfigError(f"{path}: {reason}; a recording or trace is expected") from error


def _unpacked(packed: bytes, most: int) -> bytes:
    """Returns what is in a compressed file; of one that a killed run left, its whole lines.

    Raises:
        zlib.error: it is no such file.
    """
    reader = zlib.decompressobj(wbits=_GZIP)
    octets = reader.decompress(packed, most)
    ended = reader.eof or len(octets) == most
    return octets if ended else octets[: octets.rfind(b"\n") + 1]
