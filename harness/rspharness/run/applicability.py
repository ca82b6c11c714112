"""Whether a case applies to the card of a run: rows, options, CIs, levels, Profiles of others.

What the answer hangs on is read from the card or declared by the user, or it is unknown; a value of
the run never stands in for one.
"""

from collections.abc import Collection
from typing import Final

from rspcore.crypto.curves import Curve
from rspharness.record.catalogue import Requirement
from rspharness.record.testcase import Level
from rspharness.record.verdicts import NotApplicable
from rspharness.run.run import CURVE_OPTIONS, Run

__all__ = [
    "doubts",
    "excuses",
    "foreign_excuse",
    "level_excuse",
    "require_trust",
    "trust_excuse",
]

_TRUSTED: Final = frozenset({"make_server", "pki"})
"""Fixtures of a case that needs a card with the CI of the run."""


def excuses(run: Run, requirements: tuple[Requirement, ...]) -> dict[str, str]:
    """Returns the requirements that do not apply to this card, each with the reason.

    The card is read only when a condition needs it.
    """
    out = {}
    for row in requirements:
        if not _is_of_its_version(run, row):
            out[row.id] = f"row of {row.versions}, the target is {run.version}"
        elif row.condition.names and row.id not in doubts(run, (row,)):
            missing = row.condition.missing(run.capabilities.options)
            if missing:
                out[row.id] = _absent(run, missing)
    return out


def _is_of_its_version(run: Run, row: Requirement) -> bool:
    return row.versions == "both" or row.applies_to(run.version)


def _absent(run: Run, missing: tuple[str, ...]) -> str:
    """Returns why a condition does not hold; by the CIs of a card where only they are why."""
    curves = [curve for curve, name in CURVE_OPTIONS.items() if name in missing]
    reasons = [_no_trust(run, curve) for curve in curves]
    if len(curves) == len(missing) and all(reasons):
        return "; ".join(dict.fromkeys(reasons))
    unknown = run.capabilities.unknown
    absent = [name for name in missing if name not in unknown] or missing
    return f"option {', '.join(absent)} absent"


def doubts(run: Run, requirements: tuple[Requirement, ...]) -> dict[str, str]:
    """Returns the requirements whose condition hangs on unknown options, each with those.

    A case that tests only such requirements records what the card does and never fails.
    """
    out = {}
    for row in requirements:
        if row.condition.names and _is_of_its_version(run, row):
            read = run.capabilities
            if names := row.condition.undecided(read.options, read.unknown):
                out[row.id] = ", ".join(names)
    return out


def require_trust(run: Run, curve: Curve | None = None) -> None:
    """Requires a card in a reader to have the CI of the run's servers, by what it reports.

    A simulated card is personalised with the credentials of the run, and is not asked. A card
    whose lists of CIs cannot be read is taken as one that has it: its cases show what it does.

    Args:
        run: The run.
        curve: Curve of the server; None for that of the run.

    Raises:
        NotApplicable: the card does not have it.
        Inconclusive: the target is lost.
    """
    if reason := _no_trust(run, curve or run.options.curve):
        raise NotApplicable(reason)


def trust_excuse(run: Run, fixtures: Collection[str], curve: Curve | None = None) -> str:
    """Returns why a case with these fixtures has no server that the card trusts, or an empty text.

    A case that asks for a server on another curve in its course, or for a Profile on the card
    without naming a server, has its reason then.

    Args:
        run: The run.
        fixtures: Names of all fixtures that the case and its fixtures name.
        curve: Curve of the case; None for that of the run.

    Raises:
        Inconclusive: the target is lost.
    """
    if _TRUSTED.isdisjoint(fixtures):
        return ""
    return _no_trust(run, curve or run.options.curve)


def _no_trust(run: Run, curve: Curve) -> str:
    if run.target.simulated:
        return ""
    read = run.capabilities
    if read.ci_pkids is None or CURVE_OPTIONS[curve] in read.curves:
        return ""
    if read.curves:
        other = next(one for one, name in CURVE_OPTIONS.items() if name in read.curves)
        more = f"; --curve {other} has one" if curve is run.options.curve else ""
        return f"no CI of the run on {curve} is among the card's CIs{more}"
    listed = ", ".join(_short(one) for one in sorted(read.ci_pkids)) or "none"
    own = ", ".join(
        _short(run.pki.ci(one).certificate.subject_key_identifier or b"") for one in run.pki.curves
    )
    where = f"in --pki ({own})" if run.options.pki else f"in the generated --pki ({own})"
    return f"none of the card's CIs ({listed}) is {where}"


def foreign_excuse(run: Run, level: Level) -> str:
    """Returns why a case that erases what is on the card is not run here, or an empty text."""
    if level is not Level.DESTRUCTIVE:
        return ""
    profiles = sorted(map(str, run.aboard.profiles))
    if not profiles:
        return ""
    return (
        f"Profiles that are not of the suites are on the card ({', '.join(profiles)}), and "
        "the case would erase them; --erase-foreign allows it"
    )


def level_excuse(run: Run, level: Level) -> str:
    """Returns why a case of this level is not run here, or an empty string."""
    everything = run.target.simulated and not run.options.level
    if everything or run.level.allows(level):
        return ""
    also = "" if run.options.smdpp or run.options.smds else " and --eid"
    return f"level {level}: allowed here is {run.level}; use --level {level}{also}"


def _short(identifier: bytes) -> str:
    return f"{identifier[:4].hex().upper()}..."
