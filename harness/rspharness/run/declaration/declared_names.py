"""Names in a target file and on the command line: each has to be known, or its near match is named.

A misspelt option, deviation, budget or value would otherwise declare nothing, in silence.
"""

from collections.abc import Collection, Iterable
from fnmatch import fnmatchcase
from typing import Final

from rspcore.errors import ConfigError
from rspharness.card.declared_values import KNOWN_VALUES
from rspharness.record.catalogue import Catalogue
from rspharness.record.near_match import near
from rspharness.record.timing import KNOWN_NAMES
from rspharness.targets.modelled_times import EACH_NOTIFICATION, EACH_PROFILE, OTHER
from rspharness.targets.settings import TargetSettings

__all__ = ["require_known_cases", "require_known_names"]

_OF_MODEL: Final = (OTHER, EACH_PROFILE, EACH_NOTIFICATION)
"""Keys of [times_ms] that are no command."""
_OF_TIMES: Final = ("budgets_ms", "times_ms")


def require_known_names(settings: TargetSettings, catalogue: Catalogue, file: str) -> None:
    """Requires every name that a target file declares to be known.

    Args:
        settings: What the file declares.
        catalogue: The requirements, with the options they name.
        file: Path of the file, for the message.

    Raises:
        ConfigError: a name is unknown; the message says what comes near.
    """
    options = frozenset[str]().union(*(row.condition.names for row in catalogue))
    ids = [row.id for row in catalogue]
    for table, names, known in (
        ("options", settings.options, options),
        ("values", settings.values, KNOWN_VALUES),
        ("deviations", settings.deviations, ids),
    ):
        _require(file, table, (name for name in names if name not in known), known)
    _require(file, "budgets_ms", sorted(settings.budgets_ms.keys() - KNOWN_NAMES), KNOWN_NAMES)
    modelled = KNOWN_NAMES.union(_OF_MODEL)
    _require(file, "times_ms", sorted(settings.times_ms.keys() - modelled), modelled)


def _require(file: str, table: str, unknown: Iterable[str], known: Collection[str]) -> None:
    for name in unknown:
        of_times = "; a report has the names in its table of times" if table in _OF_TIMES else ""
        raise ConfigError(
            f"target file {file}: [{table}] {name!r} is not known{near(name, known)}{of_times}"
        )


def require_known_cases(wanted: Iterable[str], ids: Collection[str]) -> None:
    """Requires every pattern of --case to match a case.

    Args:
        wanted: The patterns.
        ids: Ids of all cases collected.

    Raises:
        ConfigError: one matches none; the message says what comes near.
    """
    for pattern in wanted:
        if not any(fnmatchcase(name, pattern) for name in ids):
            raise ConfigError(
                f"--case {pattern!r} matches no case of the suites{near(pattern, ids)}"
            )
