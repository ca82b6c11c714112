"""JUnit XML, as continuous integration reads it: one test case per conformance case."""

from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, ElementTree, SubElement, indent

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
    number = len(results.cases) + len(results.slow)
    suite = Element("testsuite", name="rsplab", tests=str(number))
    suite.set("time", f"{results.duration_s:.3f}")
    suite.set("timestamp", str(results.facts.get("started", "")))
    for name, verdicts in _COUNTED.items():
        count = sum(case["verdict"] in verdicts for case in results.cases)
        count += len(results.slow) if name == "failures" else 0
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
    for one in results.slow:
        _write_slow(suite, one)
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


def _write_slow(suite: Element, one: dict[str, str]) -> None:
    """Writes times that are not right as a test of their own, whose type says what is wrong."""
    element = SubElement(suite, "testcase", classname="times", name=_clean(one["name"]), time="0")
    properties = SubElement(element, "properties")
    SubElement(properties, "property", name="verdict", value=one["kind"])
    inner = SubElement(element, "failure", message=_clean(f"{one['kind']}: {one['text']}"))
    inner.set("type", one["kind"])
    inner.text = _clean(one["text"])


def _clean(text: str) -> str:
    """Removes the control characters that XML cannot contain."""
    return text.translate(_CONTROL)
