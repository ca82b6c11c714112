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
from rspharness.record.timing import is_known_name
from rspharness.targets.modelled_times import EACH_NOTIFICATION, EACH_PROFILE, OTHER
from rspharness.targets.settings import TargetSettings

__all__ = ["require_known_cases", "require_known_names"]

_OF_MODEL: Final = (OTHER, EACH_PROFILE, EACH_NOTIFICATION)
"""Keys of [times_ms] that are no command."""


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
    _require(file, "budgets_ms", (n for n in settings.budgets_ms if not is_known_name(n)), ())
    times = (n for n in settings.times_ms if n not in _OF_MODEL and not is_known_name(n))
    _require(file, "times_ms", times, ())


def _require(file: str, table: str, unknown: Iterable[str], known: Collection[str]) -> None:
    for name in unknown:
        hint = near(name, known) if known else ', e.g. "STORE DATA EnableProfile"'
        raise ConfigError(f"target file {file}: [{table}] {name!r} is not known{hint}")


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
