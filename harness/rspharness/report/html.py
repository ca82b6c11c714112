"""The report as one HTML file that needs no other file, made from the results."""

import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from importlib.util import cache_from_source
from pathlib import Path
from typing import Any, Final

import jinja2

from rspcore.errors import ConfigError
from rspharness.evidence.decoded_trace import decoded
from rspharness.record.private_files import PATHS
from rspharness.record.trace import read_events
from rspharness.record.verdicts import SEVERITY, Verdict
from rspharness.report.causes import alike, blocking, unreached
from rspharness.report.identities import Identities
from rspharness.report.masking import masked_trace
from rspharness.report.readable import marked, readable
from rspharness.report.results import Results

__all__ = ["anchor", "render", "template", "write_html"]

_TEMPLATES: Final = Path(__file__).with_name("templates")
_EXCERPT_LINES = 40
"""Number of lines shown from the end of a trace; the whole trace is linked."""

_DECODED_CASES: Final = 100
"""Cases whose trace is shown decoded: the first that are red."""
_DECODED_LINES: Final = 120

_RED: Final = (Verdict.FAIL, Verdict.ERROR, Verdict.BLOCKED, Verdict.INCONCLUSIVE)
_PLACE: Final = (
    "product",
    "server",
    "lpa",
    "firmware",
    "eid",
    "reader",
    "driver",
    "protocol",
    "atr",
    "svn",
    "euicc_firmware_ver",
    "rsplab",
)
"""Facts that name card and place; they stand at the head of the report."""


_PRODUCTS: Final = {"server": "server", "lpa": "LPA"}
"""What is under test in words, by the fact that names it; else a card is."""


class _KeptCompiled(jinja2.BytecodeCache):
    """Keeps templates compiled, where Python keeps the modules of their folder compiled.

    A template takes ten times as long to compile as to read. The library takes what was compiled
    from this text alone, by this version of Python and of itself. Nothing is kept where Python may
    not keep anything.
    """

    def load_bytecode(self, bucket: jinja2.bccache.Bucket) -> None:
        """Reads what was compiled before, if anything was."""
        with suppress(OSError), _kept(bucket).open("rb") as file:
            bucket.load_bytecode(file)

    def dump_bytecode(self, bucket: jinja2.bccache.Bucket) -> None:
        """Keeps what was compiled, as a whole or not at all."""
        if sys.dont_write_bytecode:
            return
        file = _kept(bucket)
        part = file.with_name(f"{file.name}.{os.getpid()}")
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            part.write_bytes(bucket.bytecode_to_string())
            part.replace(file)
        except OSError:  # a folder that this user may not write to, or a full disk
            with suppress(OSError):
                part.unlink()


def _kept(bucket: jinja2.bccache.Bucket) -> Path:
    return Path(cache_from_source(str(_TEMPLATES / f"{bucket.key}.j2")))


def template(name: str) -> jinja2.Template:
    """Returns a template of the reports; a missing value is an error."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("rspharness.report", "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
        bytecode_cache=_KeptCompiled(),
    )
    return environment.get_template(name)


def anchor(case: dict[str, Any]) -> str:
    """Returns the anchor of a case: its first requirement, as in `index.html#ES10c.GetEID-01`."""
    name: str = case["ids"][0]
    return name.replace("#", "-")


def render(results: Results, traces: dict[str, str], identities: Identities | None = None) -> str:
    """Returns the page.

    Args:
        results: The results.
        traces: Text of each trace by its file name in the case.
        identities: What is masked in the traces; the rest of the page has them.
    """
    by_id = {row["id"]: row for row in results.rows}
    worst_first = {verdict: -place for place, verdict in enumerate(SEVERITY)}
    ordered = sorted(results.cases, key=lambda case: worst_first[Verdict(case["verdict"])])
    used: set[str] = set()
    cases = []
    for number, case in enumerate(ordered):
        trace = traces.get(case["trace"], "")
        shown = _shown(case, by_id, trace, identities)
        if case["verdict"] in _RED and number < _DECODED_CASES:
            shown["decoded"] = "\n".join(_decoded(trace, whole=identities is None))
        name, more = anchor(case), 1
        while name in used:
            more += 1
            name = f"{anchor(case)}-{more}"
        used.add(name)
        cases.append({**shown, "anchor": name})
    facts = {name: value for name, value in results.facts.items() if value}
    return template("index.html.j2").render(
        results=results,
        facts=facts,
        place={name: facts[name] for name in _PLACE if name in facts},
        product=next((words for name, words in _PRODUCTS.items() if name in facts), "card"),
        answer=_answer(results),
        cases=cases,
        red=[case for case in cases if case["verdict"] in (Verdict.FAIL, Verdict.ERROR)],
        causes=blocking(results.cases),
        alike=alike(results.cases),
        unreached=unreached(results.cases),
        matrix=[row for row in results.coverage() if _ran(row.verdicts)],
        verdicts=[str(verdict) for verdict in Verdict],
        uncovered=[row for row in results.rows if row["state"] == "no case" and row["applicable"]],
    )


def _ran(verdicts: dict[str, int]) -> bool:
    """Returns whether a line of the matrix has a case that ran."""
    return any(verdicts.get(str(one)) for one in Verdict if one is not Verdict.NOT_APPLICABLE)


def _answer(results: Results) -> str:
    """Returns the result of the run in one sentence."""
    counts = results.counts
    parts = [f"{count:,} {verdict}" for verdict, count in reversed(counts.items())]
    if results.slow:
        parts.insert(0, f"{len(results.slow):,} over their time")
    if not results.ran:
        return "No case applied: nothing was tested."
    begin = "Every case that applies passes" if results.green else "Not green"
    if results.end:
        begin = f"Interrupted, not green ({results.end})"
    return f"{begin}: {', '.join(parts)}."


def _decoded(trace: str, *, whole: bool) -> Iterator[str]:
    """Yields the end of a trace decoded.

    Args:
        trace: The trace.
        whole: False for a card whose numbers are masked: a value may be cut inside of one, so what
            was sent and answered is shown by name and status word alone.
    """
    try:
        lines = list(decoded(read_events(trace)))
    except ConfigError:
        return
    if not whole:
        lines = [line for line in lines if line.startswith(("line ", "reset", "HTTP "))]
    if len(lines) > _DECODED_LINES:
        yield f"... {len(lines) - _DECODED_LINES:,} lines before; rsplab decode shows all"
    yield from lines[-_DECODED_LINES:]


def _shown(
    case: dict[str, Any], by_id: dict[str, Any], trace: str, identities: Identities | None
) -> dict[str, Any]:
    lines = trace.splitlines()
    if case["verdict"] != Verdict.PASS:  # of a case that passes, none is shown
        lines = masked_trace(trace, identities).splitlines()
    words = (*case["ids"], case["title"], case["reason"], case["verdict"], *case["notes"])
    said = [readable(case[name]) for name in ("expected", "actual")]
    if identities is not None:  # before marks can stand inside of a number
        said = [identities.masked(text) for text in said]
    expected, actual = marked(*said)
    return {
        **case,
        "expected": expected,
        "actual": actual,
        "reason": readable(case["reason"]),
        "decoded": "",
        "rows": [by_id[name] for name in case["ids"] if name in by_id],
        "excerpt": "\n".join(lines[-_EXCERPT_LINES:]),
        "cut": len(lines) > _EXCERPT_LINES,
        "search": " ".join(words).lower(),
    }


def write_html(results: Results, path: Path, identities: Identities | None = None) -> None:
    """Writes the page beside the traces of the run, with identities masked if there are any."""
    traces = {
        case["trace"]: (path.parent / case["trace"]).read_text(encoding="utf-8")
        for case in results.cases
    }
    page = render(results, traces, identities)
    shown = identities.masked(page) if identities else page
    path.write_text(shown, encoding="utf-8", errors=PATHS)
