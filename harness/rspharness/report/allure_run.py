"""What Allure shows of a run as a whole: its environment, and the categories of what is not right.

allure-pytest writes neither; both are files beside its results, which the report reads.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from rspharness.record.verdicts import Verdict

__all__ = ["write_run"]

_ENVIRONMENT: Final = (
    "product",
    "firmware",
    "target",
    "eid",
    "reader",
    "driver",
    "protocol",
    "atr",
    "svn",
    "euicc_firmware_ver",
    "level",
    "card_fault",
    "server_fault",
    "rsplab",
    "commit",
    "python",
)
"""Facts that say what was tested, by what, and where."""
_CATEGORIES: Final = (
    ("The card breaks a requirement", Verdict.FAIL),
    ("Blocked by another requirement", Verdict.BLOCKED),
    ("Initial conditions not reached, or card lost", Verdict.INCONCLUSIVE),
    ("Mistake of the suites or the harness", Verdict.ERROR),
)


def write_run(folder: Path, facts: Mapping[str, Any]) -> None:
    """Writes environment.properties and categories.json among the results of Allure.

    Args:
        folder: Folder of the results.
        facts: Facts of the run.

    Raises:
        OSError: a file cannot be written.
    """
    lines = (f"{name}={_escaped(facts[name])}\n" for name in _ENVIRONMENT if facts.get(name))
    (folder / "environment.properties").write_text("".join(lines), encoding="utf-8")
    categories = [
        {
            "name": name,
            "matchedStatuses": ["failed", "broken"],
            "messageRegex": f"(?s).*  {verdict.upper()}( at step |\\n).*",
        }
        for name, verdict in _CATEGORIES
    ]
    categories.append({"name": "Not applicable to this card", "matchedStatuses": ["skipped"]})
    text = json.dumps(categories, indent=2)
    (folder / "categories.json").write_text(f"{text}\n", encoding="utf-8")


def _escaped(value: object) -> str:
    """Returns a value on one line, as Java reads properties."""
    return " ".join(str(value).replace("\\", "\\\\").split())
