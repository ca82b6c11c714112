"""A copy of a run to send away: pseudonyms for what names the card, nothing secret in the traces.

Each EID, ICCID and IMSI has another number in its place, of the same issuer and length, the same
everywhere in the copy; PINs, PUKs, keys and OTA data are 00. What was signed or protected with
these octets does not verify any more: certificates of the card, its signatures, protected packages.
"""

import json
from pathlib import Path
from typing import Any, Final

from rspcore.errors import ConfigError
from rspharness.record.private_files import make_private, nothing_left, write_private
from rspharness.report import writing
from rspharness.report.identities import Identities, Identity
from rspharness.report.masking import without_secrets
from rspharness.report.run_folder import RunFolder

__all__ = ["NOTE", "redacted_copy"]

NOTE: Final = (
    "redacted copy: pseudonyms stand for EID, ICCIDs and IMSIs, 00 for PINs, PUKs, keys and OTA "
    "data; signatures and MACs in it no longer verify"
)


def redacted_copy(run: RunFolder, place: Path) -> RunFolder:
    """Makes the copy of a run, with its reports.

    Args:
        run: The run.
        place: Folder of the copy, which is made.

    Raises:
        ConfigError: there is no such run, or the folder is there already.
    """
    results, _ = writing.not_ended(run)
    identities = writing.identities_in(results, run.path)
    made = identities.pseudonyms()

    def stand_in(one: Identity) -> Identity:
        return made[one]

    try:
        make_private(place)
        make_private(place / "traces")
    except OSError as error:
        raise ConfigError(f"{place}: {error.strerror}; name a new folder by --to") from error
    with nothing_left(place):
        for trace in sorted((run.path / "traces").glob("*.txt")):
            text = _without_secrets(trace.read_text(encoding="utf-8"))
            lines = identities.in_trace(text, stand_in)
            write_private(place / "traces" / trace.name, "\n".join(lines) + "\n")
        _copy_records(run, place, identities, stand_in)
        copy = RunFolder(place)
        redacted, _ = writing.not_ended(copy)
        writing.write_reports(redacted, place)
    return copy


def _without_secrets(trace: str) -> str:
    lines = trace.splitlines()
    return "\n".join(
        f"> {without_secrets(bytes.fromhex(line[2:])).hex(' ').upper()}"
        if line.startswith("> ")
        else line
        for line in lines
    )


def _copy_records(run: RunFolder, place: Path, identities: Identities, stand_in: Any) -> None:
    """Writes run.json and cases.jsonl of the copy."""
    description = json.loads((run.path / "run.json").read_text(encoding="utf-8"))
    known = description["known"]
    catalogue = known["catalogue"]  # a path: no number of it is an identity
    known["notes"] = [*known["notes"], NOTE]
    known["facts"] = {**known["facts"], "identities": "pseudonyms"}
    text = identities.replaced(json.dumps(description, ensure_ascii=False), stand_in)
    redacted = json.loads(text)
    redacted["known"]["catalogue"] = catalogue
    write_private(place / "run.json", json.dumps(redacted, ensure_ascii=False) + "\n")
    cases = (run.path / "cases.jsonl").read_text(encoding="utf-8")
    write_private(place / "cases.jsonl", identities.replaced(cases, stand_in))
