"""The reports of several runs as one: the parts of a run, or a part that was run again."""

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from rspcore.errors import ConfigError
from rspharness.record.private_files import make_private, nothing_left
from rspharness.report import writing
from rspharness.report.results import Results
from rspharness.report.run_folder import RunFolder

__all__ = ["merged"]

_SAME: Final = ("eid", "target", "level", "seed", "rsplab", "firmware", "card_fault")
"""Facts that the parts of one run have in common, where both know them."""
_SAME_OR_NONE: Final = ("card_fault", "personality", "curve")
"""Facts that both parts have, or neither, once the card was reached; so its ATR is known."""


def merged(parts: Sequence[Path], place: Path) -> Results:
    """Puts runs together in a new folder, with its reports.

    A case that several runs have is taken from the last of them that is named.

    Args:
        parts: Folders of the runs, of one card and one version.
        place: Folder of the result, which is made.

    Raises:
        ConfigError: there is no such run, they are of different cards, or the folder is there.
    """
    read = [(path, *RunFolder(path).read()) for path in parts]
    first: dict[str, Any] = read[0][1]
    for path, description, _ in read[1:]:
        reached = all(one["known"]["facts"].get("atr") for one in (description, first))
        for name in (*_SAME, *_SAME_OR_NONE):
            required = reached and name in _SAME_OR_NONE
            mine, others = (one["known"]["facts"].get(name) or "" for one in (description, first))
            if mine != others and (required or (mine and others)):
                raise ConfigError(
                    f"{path}: {name} {mine or 'none'}, {parts[0]} has {others or 'none'}; "
                    "only runs of one card, made alike, are one"
                )
    try:
        make_private(place)
        make_private(place / "traces")
    except OSError as error:
        raise ConfigError(f"{place}: {error.strerror}; name a new folder by --to") from error
    with nothing_left(place):
        folder = RunFolder(place)
        for record in _records(read):
            folder.add(record)
        folder.describe(_description(read))
        own = parts[0] / "traces" / "run.txt"
        if own.is_file():
            shutil.copyfile(own, place / "traces" / "run.txt")
        results, _ = writing.not_ended(folder)
        writing.write_reports(results, place)
    return results


def _records(read: Sequence[tuple[Path, dict[str, Any], list[dict[str, Any]]]]) -> list[Any]:
    """Returns the records of all cases, with the texts of their traces and session keys."""
    found: dict[str, dict[str, Any]] = {}
    for path, _, cases in read:
        for case in cases:
            trace = (path / case["trace"]).read_text(encoding="utf-8")
            keys = (path / case["trace"]).with_suffix(".keys")
            texts = {"trace": trace}
            if keys.is_file():
                texts["session_keys"] = keys.read_text(encoding="utf-8")
            found[case["nodeid"]] = {**case, **texts}
    return list(found.values())


def _missing(shards: set[str]) -> list[str]:
    """Returns the parts that are not there, of the division that lacks the fewest.

    Args:
        shards: The parts that are there, such as `1/4`; none for runs that were not divided.
    """
    there = [tuple(map(int, one.split("/"))) for one in shards]
    lacking = [
        [f"{number}/{parts}" for number in range(1, parts + 1) if (number, parts) not in there]
        for parts in sorted({parts for _, parts in there})
    ]
    return min(lacking, key=len, default=[])


def _description(
    read: Sequence[tuple[Path, dict[str, Any], list[dict[str, Any]]]],
) -> dict[str, Any]:
    """Returns what is known of all of them."""
    descriptions: list[dict[str, Any]] = [json.loads(json.dumps(one)) for _, one, _ in read]
    whole = descriptions[0]
    known = whole["known"]
    known["notes"] = list(dict.fromkeys(note for d in descriptions for note in d["known"]["notes"]))
    known["ids"] = sorted({name for one in descriptions for name in one["known"]["ids"]})
    known["findings"] = [
        json.loads(one)
        for one in dict.fromkeys(
            json.dumps(f) for d in descriptions for f in d["known"].get("findings", ())
        )
    ]
    for one in descriptions[1:]:
        known["facts"] = {
            name: known["facts"].get(name) or one["known"]["facts"].get(name, "")
            for name in {**known["facts"], **one["known"]["facts"]}
        }
        known["options"] = known["options"] or one["known"]["options"]
    known["facts"]["merged"] = ", ".join(path.name for path, _, _ in read)
    cut = []
    for path, one, _ in read:
        end = one.get("end_of_parts", one["end"])
        if end or not one["ended"]:
            cut.append(f"{path.name}: {end or 'it did not come to its end'}")
    shards = {part for one in descriptions for part in one.get("shard", "").split()}
    lacking = []
    if missing := _missing(shards):
        lacking = [f"not merged: {', '.join(missing)} of --shard"]
    whole.pop("schema", None)
    return {
        **whole,
        "shard": " ".join(sorted(shards)) if missing else "",
        "ended": True,
        "end": "; ".join([*cut, *lacking]),
        "end_of_parts": "; ".join(cut),
        "chosen": sum(one["chosen"] for one in descriptions),
        "duration_s": sum(one["duration_s"] for one in descriptions),
    }
