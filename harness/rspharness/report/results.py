"""The results of a run as one JSON document: the source of every other report.

    {"schema": 1, "green": ..., "interrupted": ..., "facts": {...}, "summary": {...},
     "coverage": [...], "timings": {...},
     "cases": [{"ids": [...], "verdict": "pass", "steps": [...], ...}, ...]}

`SCHEMA` rises whenever a field changes its meaning; readers refuse a number they do not know.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final, Self

from rspcore.errors import ConfigError
from rspharness.record.catalogue import Catalogue
from rspharness.record.time_growth import grown, growths
from rspharness.record.time_verdicts import judged
from rspharness.record.timing import Timings, histogram
from rspharness.record.verdicts import GREEN, SEVERITY, Verdict
from rspharness.report.causes import blocking
from rspharness.report.requirement_matrix import Row, coverage

__all__ = ["SCHEMA", "Results"]

SCHEMA: Final = 1


@dataclass(slots=True, kw_only=True)
class Results:
    """Everything a run found.

    Attributes:
        facts: EID, ATR, EUICCInfo2, versions, commit, seed, options of the command line ...
        options: Options of the card by the catalogue's names.
        contradictions: Declared options that the card contradicts.
        unknown: Options neither declared nor read from the card, each with the reason.
        cases: Records of the cases, in the order of the catalogue.
        rows: Every requirement with its verdict or the reason it has none.
        timings: Percentiles by command and procedure, with the budget if one is declared.
        duration_s: Wall-clock time of the run.
        notes: What is to be said of the run besides its cases.
        end: Why the run ended before its last case, empty if it did not.
        slow: Commands and procedures whose times are not right.
        growth: How times go with the numbers of Profiles and Notifications.
        declared: What is declared of the product, by table.
        findings: What the preflight found and no case of its requirement failed for.
    """

    facts: dict[str, Any]
    options: dict[str, bool] = field(default_factory=dict)
    contradictions: list[str] = field(default_factory=list)
    unknown: dict[str, str] = field(default_factory=dict)
    cases: list[dict[str, Any]] = field(default_factory=list)
    rows: list[dict[str, Any]] = field(default_factory=list)
    timings: dict[str, dict[str, Any]] = field(default_factory=dict)
    duration_s: float = 0.0
    notes: list[str] = field(default_factory=list)
    end: str = ""
    findings: list[dict[str, str]] = field(default_factory=list)
    slow: list[dict[str, str]] = field(default_factory=list)
    growth: list[dict[str, Any]] = field(default_factory=list)
    declared: dict[str, dict[str, str]] = field(default_factory=dict)

    @classmethod
    def assemble(
        cls,
        known: Mapping[str, Any],
        cases: Iterable[dict[str, Any]],
        catalogue: Catalogue,
        duration_s: float,
    ) -> Self:
        """Combines what the processes of a run handed over.

        Args:
            known: Facts, options and ids as one process handed them over.
            cases: Records of all cases, from every process.
            catalogue: The requirements.
            duration_s: Wall-clock time of the run.
        """
        order = {row.id: number for number, row in enumerate(catalogue)}
        ordered = sorted(cases, key=lambda case: (order.get(case["ids"][0], 0), case["nodeid"]))
        timings, counted = Timings(), []
        for case in ordered:
            timings.merge(case.pop("timings", {}))
            counted += case.pop("counted", [])
        grow = growths(tuple(one) for one in counted)
        slow = [*judged(timings.by_name, known["budgets_ms"], known.get("baseline")), *grown(grow)]
        budgets: Mapping[str, float] = known["budgets_ms"]
        return cls(
            facts=dict(known["facts"]),
            options=dict(known["options"]),
            contradictions=list(known["contradictions"]),
            unknown=dict(known.get("unknown", {})),
            cases=ordered,
            rows=requirement_rows(catalogue, ordered, known),
            timings={
                name: {
                    **summary.as_dict(),
                    "budget_ms": budgets.get(name),
                    "histogram": histogram(timings.by_name[name]),
                }
                for name, summary in timings.summary().items()
            },
            duration_s=round(duration_s, 3),
            notes=list(known.get("notes", ())),
            end=known.get("end", ""),
            findings=_not_failed(known.get("findings", ()), ordered),
            slow=[one.as_dict() for one in slow],
            growth=[one.as_dict() for one in grow],
            declared=dict(known.get("declared", {})),
        )

    @property
    def counts(self) -> dict[str, int]:
        """Returns how many cases have each verdict, the mildest verdict first."""
        counted = Counter(case["verdict"] for case in self.cases)
        return {str(verdict): counted[verdict] for verdict in SEVERITY if counted[verdict]}

    @property
    def ran(self) -> bool:
        """Returns whether any case applied."""
        return set(self.counts) != {str(Verdict.NOT_APPLICABLE)}

    @property
    def over_budget(self) -> list[str]:
        """Returns the commands whose times are not right: over budget, shifted, of two modes."""
        return list(dict.fromkeys(one["name"] for one in self.slow))

    @property
    def green(self) -> bool:
        """Returns whether all cases ran, each with a green verdict, and budgets were met."""
        verdicts = {Verdict(case["verdict"]) for case in self.cases}
        broken = self.over_budget or self.findings or self.end
        return verdicts <= GREEN and not broken

    @property
    def lost(self) -> str:
        """Returns why the card was gone at the end, if nothing else is wrong; else nothing."""
        red = {Verdict(case["verdict"]) for case in self.cases} - GREEN
        if self.over_budget or self.findings or not red <= {Verdict.INCONCLUSIVE}:
            return ""
        return str(self.facts.get("broken", "")) if red else ""

    def coverage(self) -> list[Row]:
        """Returns the matrix: requirements by area and function, with their verdicts."""
        return coverage(self.rows)

    def to_json(self) -> str:
        """Returns the document as text."""
        document = {
            "schema": SCHEMA,
            "green": self.green,
            "interrupted": bool(self.end),
            "end": self.end,
            "notes": self.notes,
            "facts": self.facts,
            "options": self.options,
            "contradictions": self.contradictions,
            "unknown": self.unknown,
            "summary": self.counts,
            "findings": self.findings,
            "causes": [asdict(one) for one in blocking(self.cases)],
            "duration_s": self.duration_s,
            "coverage": [row.as_dict() for row in self.coverage()],
            "timings": self.timings,
            "over_budget": self.over_budget,
            "slow": self.slow,
            "growth": self.growth,
            "declared": self.declared,
            "requirements": self.rows,
            "cases": self.cases,
        }
        members = (f"{_json(name)}: {_lines(value)}" for name, value in document.items())
        return "{\n" + ",\n".join(members) + "\n}\n"

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Reads a document.

        Raises:
            ConfigError: another schema, or not a document of results.
        """
        try:
            document = json.loads(text)
            if document["schema"] != SCHEMA:
                raise ConfigError(
                    f"results.json has schema {document['schema']}, this version reads {SCHEMA}"
                )
            return cls(
                facts=document["facts"],
                options=document["options"],
                contradictions=document["contradictions"],
                unknown=document.get("unknown", {}),
                cases=document["cases"],
                rows=document["requirements"],
                timings=document["timings"],
                duration_s=document["duration_s"],
                notes=document.get("notes", []),
                end=document.get("end", ""),
                findings=document.get("findings", []),
                slow=document.get("slow", []),
                growth=document.get("growth", []),
                declared=document.get("declared", {}),
            )
        except (ValueError, KeyError, TypeError) as error:
            raise ConfigError(f"not a results.json of this project: {error!r}") from error


def _not_failed(
    findings: Iterable[dict[str, str]], cases: list[dict[str, Any]]
) -> list[dict[str, str]]:
    """Returns the findings whose requirement no case has judged as wrong."""
    judged = {str(one) for one in (Verdict.FAIL, Verdict.DEVIATION, Verdict.PROBE)}
    wrong = {name for case in cases for name, one in case["verdicts"].items() if one in judged}
    return [one for one in findings if one["row"] not in wrong]


def requirement_rows(
    catalogue: Catalogue, cases: list[dict[str, Any]], known: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Returns every requirement with its worst verdict, or why it has none."""
    worst: dict[str, Verdict] = {}
    for case in cases:
        for name, text in case["verdicts"].items():
            verdict = Verdict(text)
            if SEVERITY.index(verdict) >= SEVERITY.index(worst.get(name, SEVERITY[0])):
                worst[name] = verdict
    have = set(known["ids"])
    found = {one["row"] for one in _not_failed(known.get("findings", ()), cases)}
    rows = []
    for row in catalogue:
        ran = row.id in worst and worst[row.id] is not Verdict.NOT_APPLICABLE
        applies = row.applies_to(known["version"])
        doubted = row.condition.undecided(known["options"], known.get("unknown", {}))
        missing = (
            row.condition.missing(known["options"]) if known["options"] and not doubted else ()
        )
        state = str(worst.get(row.id, "not run" if row.id in have else "no case"))
        if row.id in found:
            state = str(Verdict.FAIL)
        elif row.id not in worst and (not applies or missing):
            state = str(Verdict.NOT_APPLICABLE)
        rows.append(
            {
                "id": row.id,
                "area": row.area,
                "function": row.function,
                "spec_ref": row.spec_ref,
                "kind": row.kind,
                "title": row.title,
                "expected": row.expected,
                "initial_conditions": row.initial_conditions,
                "provenance": row.provenance,
                "probe": row.probe,
                "condition": str(row.condition) if row.condition.names else "",
                "state": state,
                "automated": row.id in have,
                "applicable": ran or (applies and not missing),
                "versions": row.versions,
                "why_not": "" if applies else f"row of {row.versions}",
            }
        )
    return rows


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _lines(value: object) -> str:
    """Returns a list with a line for each entry, and anything else in one."""
    if not isinstance(value, list) or not value:
        return _json(value)
    return "[\n" + ",\n".join(map(_json, value)) + "\n]"
