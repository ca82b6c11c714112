"""The journal of a card that is kept: what it was before a run, and what the run is about to do.

One file for each EID in the state folder, JSON lines, each on the disk before the command it is
about is sent:

    {"journal": 1, "eid": "...", "place": "reader ...", "rising": 7, "before": {"address": ...}}
    {"installs": "98..."}         a Profile with this ICCID (octets) is about to be installed
    {"switches": true}            Profiles are about to be enabled or disabled
    {"rising": 65543}             secured packets from this number on are about to be sent

A torn last line is what a crash leaves: it is left out, and its command was not sent. The first
line is whole or there is no file: one that is cut, or of another EID, or that says something else
is refused and kept. The file is removed once the card is as before. Beside it a file counts the
changing commands the card has had.

What is of the run is what the journal says: a Profile that was about to be installed and was not
there before. What was there before is somebody else's, whatever its ICCID.
"""

import errno
import json
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, field
from pathlib import Path
from typing import Any, Final, Self

from rspcore.errors import StoreError
from rspcore.frozen import dataclass
from rspcore.ids import Aid, Eid, Iccid

__all__ = ["Before", "ChangeCounter", "Journal", "ProfileBefore", "journalled_eids", "state_folder"]

_VERSION: Final = 1
_SUFFIX: Final = ".jsonl"
_DIGITS: Final = 20


def state_folder() -> Path:
    """Returns the folder of the journals: RSPLAB_JOURNALS, else one in the user's state folder."""
    named = os.environ.get("RSPLAB_JOURNALS")
    if named:
        return Path(named)
    base = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(base) / "rsplab" / "cards"


def journalled_eids(folder: Path) -> tuple[str, ...]:
    """Returns the EIDs of the cards that have a journal in this folder."""
    return tuple(sorted(file.stem for file in folder.glob(f"*{_SUFFIX}")))


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileBefore:
    """A Profile as it was.

    Attributes:
        iccid: Octets of its ICCID in hexadecimal.
        enabled: Whether it was Enabled.
        nickname: Its nickname, or empty.
    """

    iccid: str
    enabled: bool
    nickname: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Before:
    """The card before the first changing command; None is what could not be read.

    Attributes:
        address: Default SM-DP+ address, empty for none.
        profiles: The Profiles with an ICCID.
        notifications: ICCID by seqNumber of each Notification, empty where it has none.
        aids: Octets of the ISD-P AIDs of all Profiles in hexadecimal, also of those without ICCID.
        unread: What could not be read, each with the reason.
    """

    address: str | None
    profiles: tuple[ProfileBefore, ...] | None
    notifications: Mapping[int, str] | None
    unread: tuple[str, ...] = ()
    aids: frozenset[str] | None = None

    @classmethod
    def from_values(cls, values: Mapping[str, Any]) -> Self:
        """Reads the JSON value of a journal."""
        profiles, waiting = values["profiles"], values["notifications"]
        aids = values.get("aids")  # an earlier version did not write them
        return cls(
            address=values["address"],
            profiles=None if profiles is None else tuple(ProfileBefore(**one) for one in profiles),
            notifications=(
                None if waiting is None else {int(number): one for number, one in waiting.items()}
            ),
            unread=tuple(values["unread"]),
            aids=None if aids is None else frozenset(aids),
        )

    def as_dict(self) -> dict[str, Any]:
        """Returns the JSON value for a journal."""
        return {**asdict(self), "aids": None if self.aids is None else sorted(self.aids)}

    @property
    def iccids(self) -> frozenset[str]:
        """Returns the octets of the ICCIDs that were there, in hexadecimal."""
        return frozenset(one.iccid for one in self.profiles or ())


@dataclass(slots=True)
class Journal:
    """The journal of one card.

    Attributes:
        path: Its file.
        before: The card before the first change.
        installs: ICCIDs, octets in hexadecimal, that were about to be installed.
        switches: Whether Profiles were about to be enabled or disabled.
        rising: The highest number from which secured packets to the card were counted: what puts it
            back counts from above, whatever the clock says then.
    """

    path: Path
    before: Before
    installs: set[str] = field(default_factory=set)
    switches: bool = False
    rising: int = 0

    @classmethod
    def begin(cls, folder: Path, eid: Eid, place: str, before: Before, rising: int = 0) -> Self:
        """Writes the first line to the disk and returns the journal.

        Raises:
            StoreError: the folder cannot be written. The card must not be changed then.
        """
        path, new = _file(folder, eid), folder / f"{eid}.new"
        made = cls(new, before, rising=rising)
        head = {
            "journal": _VERSION,
            "eid": str(eid),
            "place": place,
            "rising": rising,
            "before": before.as_dict(),
        }
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            new.unlink(missing_ok=True)
            made._append(head)
            new.replace(path)
            _sync_folder(folder)
        except OSError as error:
            for file in (new, path):
                with suppress(OSError):
                    file.unlink(missing_ok=True)
            raise _unwritable(path, error) from error
        made.path = path
        return made

    @classmethod
    def load(cls, folder: Path, eid: Eid) -> Self | None:
        """Returns the journal of a card, or None if it has none; a torn last line is left out.

        Raises:
            StoreError: not a journal of this card and version, damaged, or it cannot be read. The
                file is as before.
        """
        path = _file(folder, eid)
        try:
            octets = path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise StoreError(f"{path}: {error.strerror}") from error
        whole = octets[: octets.rfind(b"\n") + 1]
        try:
            head, *changes = (json.loads(line) for line in whole.splitlines())
            if head["journal"] != _VERSION:
                raise StoreError(
                    f"{path}: journal of version {head['journal']}, expected {_VERSION}; use the "
                    "version of rsplab that wrote it"
                )
            if head["eid"] != str(eid):
                raise StoreError(
                    f"{path}: the journal of {head['eid']}, which is another card; a file with the "
                    "EID of its card as its name belongs there: move it, or remove it"
                )
            rising = head.get("rising", 0)  # an earlier version did not write it
            made = cls(path, Before.from_values(head["before"]), rising=int(rising))
            for change in changes:
                made._take(change)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise StoreError(
                f"{path}: damaged, no journal ({error!r}); it has what a card was before a run: "
                "mend it by hand, or remove it and look at the card by `rsplab lpa list`"
            ) from error
        if whole != octets:
            os.truncate(path, len(whole))  # what is appended next begins a line
        return made

    def _take(self, change: Mapping[str, Any]) -> None:
        """Takes a line in.

        Raises:
            ValueError: it is none of those that are written here.
        """
        match change:
            case {"installs": str(iccid)} if bytes.fromhex(iccid):
                self.installs.add(iccid)
            case {"switches": True}:
                self.switches = True
            case {"rising": int(first)}:
                self.rising = max(self.rising, first)
            case _:
                raise ValueError(f"line {change!r}")

    def will_install(self, iccid: bytes) -> None:
        """Writes down, once, that a Profile is about to be installed."""
        if iccid.hex() not in self.installs:
            self._write({"installs": iccid.hex()})

    def will_switch(self) -> None:
        """Writes down, once, that Profiles are about to be enabled or disabled."""
        if not self.switches:
            self._write({"switches": True})

    def count_from(self, first: int) -> None:
        """Writes down that secured packets from this number on are about to be sent."""
        self._write({"rising": first})

    def owns(self, iccid: Iccid | None, aid: Aid | None = None) -> bool:
        """Returns whether a Profile is of the run.

        One whose ICCID cannot be read is so when its ISD-P was not there before and the run was
        about to install Profiles.
        """
        if iccid is not None:
            octets = iccid.octets.hex()
            return octets in self.installs and octets not in self.before.iccids
        aids = self.before.aids
        return bool(self.installs) and aids is not None and aid is not None and str(aid) not in aids

    def _write(self, change: Mapping[str, Any]) -> None:
        try:
            self._append(change)
        except OSError as error:
            raise _unwritable(self.path, error) from error
        self._take(change)

    def _append(self, line: Mapping[str, Any]) -> None:
        """Writes a line to the disk; on a full one the file ends as before."""
        with self.path.open("ab", buffering=0) as file:
            os.fchmod(file.fileno(), 0o600)
            size = file.tell()
            octets = json.dumps(line).encode() + b"\n"
            try:
                _require_whole(file.write(octets), octets)
                os.fsync(file.fileno())
            except OSError:
                os.ftruncate(file.fileno(), size)
                raise

    def remove(self) -> None:
        """Removes the file: the card is as before."""
        self.path.unlink(missing_ok=True)
        _sync_folder(self.path.parent)


class ChangeCounter:
    """Counts the changing commands that one card has had, over all runs.

    The number is written before each command, so that a killed process loses none. It is flushed
    to the disk at the end of a run only: a crash of the machine may lose those of one run.

    Attributes:
        total: Commands of all runs.
        here: Commands of this run.
    """

    def __init__(self, folder: Path, eid: Eid) -> None:
        """Reads the number.

        Raises:
            StoreError: the file cannot be written, or holds no number.
        """
        self.path = folder / f"{eid}.count"
        self.here = 0
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._file = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
            text = os.pread(self._file, _DIGITS + 1, 0)
        except OSError as error:
            raise _unwritable(self.path, error) from error
        if text and not text.strip().isdigit():
            raise StoreError(f"{self.path}: {text[:20]!r} is no number of commands; remove it")
        self.total = int(text or b"0")

    def count(self) -> None:
        """Counts one command that is about to be sent.

        Raises:
            StoreError: the number cannot be written. It is as before.
        """
        octets = b"%0*d\n" % (_DIGITS, self.total + 1)
        try:
            _require_whole(os.pwrite(self._file, octets, 0), octets)
        except OSError as error:
            raise _unwritable(self.path, error) from error
        self.total += 1
        self.here += 1

    def close(self) -> None:
        """Flushes the number to the disk."""
        os.fsync(self._file)
        os.close(self._file)


def _file(folder: Path, eid: Eid) -> Path:
    return folder / f"{eid}{_SUFFIX}"


def _require_whole(written: int | None, octets: bytes) -> None:
    """Requires that all octets were written: of a disk that becomes full, some may be.

    Raises:
        OSError: they were not.
    """
    if written != len(octets):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _unwritable(path: Path, error: OSError) -> StoreError:
    full = error.errno in (errno.ENOSPC, errno.EDQUOT)
    return StoreError(
        f"{path.parent}: {error.strerror}; what a card was is written there before it is changed: "
        f"make {'room there' if full else 'it writable'}, or name another folder by RSPLAB_JOURNALS"
    )


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
