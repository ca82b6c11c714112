"""The report as one HTML file that needs no other file, made from the results."""

from pathlib import Path
from typing import Any

import jinja2

from rspharness.record.verdicts import Verdict
from rspharness.report.causes import blocking, unreached
from rspharness.report.identities import Identities
from rspharness.report.masking import masked_trace
from rspharness.report.results import Results

__all__ = ["render", "template", "write_html"]

_EXCERPT_LINES = 40
"""Number of lines shown from the end of a trace; the whole trace is linked."""


def template(name: str) -> jinja2.Template:
    """Returns a template of the reports; a missing value is an error."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("rspharness.report", "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    return environment.get_template(name)


def render(results: Results, traces: dict[str, str], identities: Identities | None = None) -> str:
    """Returns the page.

    Args:
        results: The results.
        traces: Text of each trace by its file name in the case.
        identities: What is masked in the traces; the rest of the page has them.
    """
    by_id = {row["id"]: row for row in results.rows}
    cases = [
        _shown(case, by_id, traces.get(case["trace"], ""), identities) for case in results.cases
    ]
    worst = max((case["p90"] for case in results.timings.values()), default=0.0)
    return template("index.html.j2").render(
        results=results,
        facts={name: value for name, value in results.facts.items() if value},
        cases=cases,
        causes=blocking(results.cases),
        unreached=unreached(results.cases),
        matrix=results.coverage(),
        verdicts=[str(verdict) for verdict in Verdict],
        uncovered=[row for row in results.rows if row["state"] == "no case" and row["applicable"]],
        slowest=worst or 1.0,
    )


def _shown(
    case: dict[str, Any], by_id: dict[str, Any], trace: str, identities: Identities | None
) -> dict[str, Any]:
    lines = trace.splitlines()
    if case["verdict"] != Verdict.PASS:  # of a case that passes, none is shown
        lines = masked_trace(trace, identities).splitlines()
    return {
        **case,
        "rows": [by_id[name] for name in case["ids"] if name in by_id],
        "excerpt": "\n".join(lines[-_EXCERPT_LINES:]),
        "cut": len(lines) > _EXCERPT_LINES,
        "search": " ".join((*case["ids"], case["title"], case["reason"], *case["notes"])).lower(),
    }


def write_html(results: Results, path: Path, identities: Identities | None = None) -> None:
    """Writes the page beside the traces of the run, with identities masked if there are any."""
    traces = {
        case["trace"]: (path.parent / case["trace"]).read_text(encoding="utf-8")
        for case in results.cases
    }
    page = render(results, traces, identities)
    path.write_text(identities.masked(page) if identities else page, encoding="utf-8")
