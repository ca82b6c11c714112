"""JUnit XML, as continuous integration reads it: one test case per conformance case."""

from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, ElementTree, SubElement, indent

from rspharness.record.private_files import PATHS
from rspharness.record.verdicts import Verdict
from rspharness.report.identities import Identities
from rspharness.report.results import Results

__all__ = ["write_junit"]

_COUNTED = {
    "failures": (Verdict.FAIL,),
    "errors": (Verdict.ERROR, Verdict.INCONCLUSIVE, Verdict.BLOCKED),
    "skipped": (Verdict.NOT_APPLICABLE, Verdict.DEVIATION),
}
_ELEMENT = {
    Verdict.FAIL: "failure",
    Verdict.ERROR: "error",
    Verdict.INCONCLUSIVE: "error",
    Verdict.BLOCKED: "error",
    Verdict.NOT_APPLICABLE: "skipped",
    Verdict.DEVIATION: "skipped",
}
_CONTROL = {number: None for number in range(32) if chr(number) not in "\t\n\r"}


def write_junit(results: Results, path: Path, identities: Identities | None = None) -> None:
    """Writes the file, with identities masked if there are any."""
    beside = _beside_the_cases(results)
    number = len(results.cases) + len(beside)
    suite = Element("testsuite", name="rsplab", tests=str(number))
    suite.set("time", f"{results.duration_s:.3f}")
    suite.set("timestamp", str(results.facts.get("started", "")))
    for name, verdicts in _COUNTED.items():
        count = sum(case["verdict"] in verdicts for case in results.cases)
        count += sum(f"{element}s" == name for element, *_ in beside)
        suite.set(name, str(count))
    properties = SubElement(suite, "properties")
    for name, value in results.facts.items():
        SubElement(properties, "property", name=name, value=_clean(str(value)))
    if results.end:
        SubElement(properties, "property", name="interrupted", value=_clean(results.end))
    for note in results.notes:
        SubElement(properties, "property", name="note", value=_clean(note))
    for case in results.cases:
        _write_case(suite, case)
    for one in beside:
        _write_beside(suite, *one)
    root = Element("testsuites")
    root.append(suite)
    indent(root)
    ElementTree(root).write(path, encoding="utf-8", xml_declaration=True)
    if identities is not None:
        path.write_text(identities.masked(path.read_text("utf-8")), encoding="utf-8")


def _write_case(suite: Element, case: dict[str, Any]) -> None:
    element = SubElement(
        suite,
        "testcase",
        classname=case["ids"][0].partition("#")[0],
        name=_clean(f"{' '.join(case['ids'])} {case['title']}"),
        time=f"{case['duration_s']:.4f}",
    )
    properties = SubElement(element, "properties")
    SubElement(properties, "property", name="verdict", value=case["verdict"])
    if cause := case.get("blocked_by"):
        SubElement(properties, "property", name="blocked by", value=cause["row"])
    for note in case["notes"]:
        SubElement(properties, "property", name="observed", value=_clean(note))
    kind = _ELEMENT.get(Verdict(case["verdict"]))
    if kind is not None:
        inner = SubElement(element, kind, message=_clean(case["reason"]))
        inner.set("type", str(case["verdict"]))
        inner.text = _clean(f"{case['explanation']}\n{case['traceback']}".strip())


def _beside_the_cases(results: Results) -> list[tuple[str, str, str, str, str]]:
    """Returns what keeps a run from being green beside its cases: all of `Results.green`.

    Each is an element, the class and name of a test, the type, and what is wrong.
    """
    found = [("failure", "times", one["name"], one["kind"], one["text"]) for one in results.slow]
    found += [
        ("failure", "preflight", one["row"], "finding", one["finding"]) for one in results.findings
    ]
    if results.end:
        found.append(("error", "run", "its end", "interrupted", results.end))
    return found


def _write_beside(
    suite: Element, kind: str, classname: str, name: str, what: str, text: str
) -> None:
    """Writes what is not right beside the cases as a test of its own; its type says what it is."""
    element = SubElement(suite, "testcase", classname=classname, name=_clean(name), time="0")
    properties = SubElement(element, "properties")
    SubElement(properties, "property", name="verdict", value=what)
    inner = SubElement(element, kind, message=_clean(f"{what}: {text}"))
    inner.set("type", what)
    inner.text = _clean(text)


def _clean(text: str) -> str:
    """Removes control characters, which XML cannot contain, and spells octets that are no UTF-8."""
    return text.translate(_CONTROL).encode("utf-8", PATHS).decode()
