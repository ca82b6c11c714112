"""The folder of one run: what is written while it goes on, and read again to make the reports.

    run.json        what is known of the run: facts, options, number of cases chosen, how it ended
    cases.jsonl     the record of each case that is over, one line each, as soon as it is over
    traces/         their traces, and run.txt, what was sent outside of them

Everything else in it is made from these. A torn last line is what a killed process leaves.
"""

import json
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Self

from rspcore.errors import ConfigError
from rspharness.record.private_files import PATHS, make_private, write_private
from rspharness.report.latest_link import point_latest

__all__ = ["RunFolder"]

_SCHEMA: Final = 1


class RunFolder:
    """One folder of records.

    Attributes:
        path: The folder.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._used: set[str] = set()

    @classmethod
    def create(cls, root: Path, name: str) -> Self:
        """Makes the folder, for its owner alone; the link `latest` beside it points to it.

        Args:
            root: Folder of all reports.
            name: Name of the run's folder; a number is added if it is taken.

        Raises:
            ConfigError: it cannot be made.
        """
        path = root / name
        number = 1
        while path.exists():
            number += 1
            path = root / f"{name}-{number}"
        try:
            make_private(path)
            make_private(path / "traces")
            (path / "cases.jsonl").touch()
            point_latest(path)
        except OSError as error:
            raise ConfigError(
                f"reports cannot be written to {path}: {error.strerror}; name another folder by "
                "--report"
            ) from error
        return cls(path)

    def describe(self, description: dict[str, Any]) -> None:
        """Writes what is known of the run, instead of what was known earlier."""
        text = json.dumps({"schema": _SCHEMA, **description}, ensure_ascii=False)
        new = self.path / "run.json.new"
        new.write_text(text + "\n", encoding="utf-8", errors=PATHS)
        new.replace(self.path / "run.json")

    def add(self, record: dict[str, Any]) -> dict[str, Any]:
        """Writes the record of a case and its trace, and beside that its session keys if any.

        Returns:
            The record with the name of the trace's file instead of its text.
        """
        file = self._trace_name(record["ids"][0])
        write_private(self.path / "traces" / file, record.get("trace", ""))
        if keys := record.get("session_keys"):
            write_private(self.path / "traces" / f"{Path(file).stem}.keys", keys)
        kept = {**record, "trace": f"traces/{file}"}
        kept.pop("session_keys", None)
        with (self.path / "cases.jsonl").open("a", encoding="utf-8", errors=PATHS) as lines:
            lines.write(json.dumps(kept, ensure_ascii=False) + "\n")
        return kept

    def add_own(self, text: str) -> None:
        """Writes what the run sent outside of its cases, as the beginning of a recording."""
        write_private(self.path / "traces" / "run.txt", text)

    def _trace_name(self, name: str) -> str:
        stem = name.replace("#", "-").replace("/", "-")
        candidate, number = f"{stem}.txt", 1
        while candidate in self._used:
            number += 1
            candidate = f"{stem}-{number}.txt"
        self._used.add(candidate)
        return candidate

    def read(self) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        """Returns what is known of the run, and the records of its cases.

        Raises:
            ConfigError: no such run, or one of another version.
        """
        try:
            description = json.loads((self.path / "run.json").read_text(encoding="utf-8"))
            text = (self.path / "cases.jsonl").read_text(encoding="utf-8")
        except FileNotFoundError as error:
            raise ConfigError(
                f"{error.filename}: no such file; name the folder of a run, such as reports/latest"
            ) from error
        except (OSError, ValueError) as error:
            raise ConfigError(f"{self.path}: {error}") from error
        if description.get("schema") != _SCHEMA:
            raise ConfigError(
                f"{self.path}/run.json: schema {description.get('schema')}, expected {_SCHEMA}"
            )
        whole = text[: text.rfind("\n") + 1]
        return description, [json.loads(line) for line in whole.splitlines()]

    def last_written(self) -> datetime:
        """Returns when the last case was over, by the clock of the disk."""
        stamp = (self.path / "cases.jsonl").stat().st_mtime
        return datetime.fromtimestamp(stamp).astimezone()
