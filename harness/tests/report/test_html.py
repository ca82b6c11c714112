"""The page of a run: the answer first, every case with an address, differences where they are."""

import re
import sys

import jinja2
import pytest

from rspharness.record.timing import histogram
from rspharness.record.trace import Trace
from rspharness.report import html
from rspharness.report.html import render
from rspharness.report.identities import Identities
from rspharness.report.readable import marked, readable
from rspharness.report.results import Results

EID = "89049032123451234512345678901235"


def _case(name, verdict, **more):
    return {
        "ids": [name],
        "nodeid": name,
        "title": f"Case {name}",
        "location": "t.py:1",
        "verdict": verdict,
        "verdicts": {name: verdict},
        "reason": "because" if verdict != "pass" else "",
        "expected": "",
        "actual": "",
        "traceback": "",
        "again": "rsplab run",
        "steps": [],
        "notes": [],
        "duration_s": 0.01,
        "commands": 1,
        "card_ms": 1.0,
        "trace": f"traces/{name}.txt",
        "blocked_by": None,
        **more,
    }


def _page(*cases, identities=None, traces=None, **more):
    results = Results(facts={"target": "card", "reader": "ACS", "atr": "3B 00"}, **more)
    results.cases = list(cases)
    return render(results, traces or {}, identities)


def test_times_have_a_histogram_in_words_and_bars():
    timings = {
        "SELECT": {
            "count": 8,
            "p50": 1.0,
            "p90": 9.0,
            "p99": 9.0,
            "maximum": 9.0,
            "budget_ms": None,
            "histogram": list(histogram([*[1.0] * 6, 9.0, 9.0])),
        }
    }
    page = _page(_case("A#01", "pass"), timings=timings)
    assert '<td class="n" data-label="p90">9.00</td>' in page  # 400 px have no columns
    assert 'aria-label="8 times of SELECT, most of them near 1.00 ms, the longest 9.00 ms"' in page
    bars = re.findall(r'<rect x="(\d+)" y="[\d.]+" width="5" height="([\d.]+)"><title>(\d+)', page)
    assert bars == [("0", "24.0", "6"), ("138", "10.0", "2")]


def test_page_opens_with_the_answer_and_the_worst_stands_first():
    page = _page(_case("A#01", "pass"), _case("A#02", "fail"), _case("A#03", "inconclusive"))
    assert "Not green: 1 fail, 1 inconclusive, 1 pass." in page
    places = [page.index(f'<details class="case" id="{name}"') for name in ("A-02", "A-03", "A-01")]
    assert places == sorted(places)
    assert page.index("1 failure") < page.index('id="cases"') < page.index('id="times"')
    assert '<a href="#A-02">A#02</a>' in page
    assert re.search(r"reader\s*<span class=\"mono\">ACS", page)
    assert "No case applied: nothing was tested." in _page(_case("A#01", "not applicable"))
    assert "Every case that applies passes: 1 pass." in _page(_case("A#01", "pass"))
    assert "Interrupted, not green (after 1 of 2)" in _page(
        _case("A#01", "pass"), end="after 1 of 2"
    )


def test_cases_of_one_requirement_have_addresses_of_their_own():
    page = _page(_case("A#01", "pass"), _case("A#01", "pass", nodeid="other"))
    assert re.findall(r'<details class="case" id="([^"]+)"', page) == ["A-01", "A-01-2"]


def test_octets_are_hexadecimal_and_differences_are_marked():
    assert readable("got b'' and b'ab'") == "got no octets and 6162"
    left, right = marked("expected 90 00", "expected 6A 80")
    assert left == "expected <mark>90</mark> <mark>00</mark>"
    assert right == "expected <mark>6A</mark> <mark>80</mark>"
    assert marked("<b>", "")[0] == "&lt;b&gt;"
    left, _ = marked("A0B1C2D3", "A0B1FFD3")
    assert left == "A0B1<mark>C2</mark>D3"


@pytest.mark.parametrize("masks", [False, True])
def test_failing_case_is_decoded_and_a_masked_one_by_names_alone(masks):
    trace = Trace()
    trace.exchange(bytes.fromhex("81E2910006BF3E035C015A00"), b"\x61\x15", 1.0)
    answer = bytes.fromhex(f"BF3E125A10{EID}9000")
    trace.exchange(bytes.fromhex("01C0000015"), answer, 1.0)
    identities = None
    if masks:
        identities = Identities()
        identities.add_eid(EID)
    case = _case("A#01", "fail", expected=f"EID {EID}", actual=f"EID {EID[:-2]}99")
    page = _page(case, identities=identities, traces={case["trace"]: trace.text()})
    assert "ES10c.GetEID  9000  2 commands" in page
    assert (f"eidValue: {EID}" in page) is not masks
    if masks:
        shown = re.sub(r"</?mark>", "", identities.masked(page))
        assert EID[8:] not in shown  # nor with marks inside of it


def test_exchanges_by_http_are_shown_decoded_and_of_a_masked_card_by_name_alone():
    trace = Trace()
    trace.remark("HTTP > POST https://dp.example.com/gsma/rsp2/es9plus/cancelSession")
    trace.remark('HTTP > {"transactionId":"0102"}')
    trace.remark("HTTP < 200 ; 1.00 ms")
    traces = {"traces/A#01.txt": trace.text()}
    shown = _page(_case("A#01", "fail"), traces=traces).partition("decoded</summary>")[2]
    assert "HTTP request  ES9+ cancelSession" in shown.partition("</pre>")[0]
    assert "transactionId: 0102" in shown.partition("</pre>")[0]
    known = Identities()
    page = _page(_case("A#01", "fail"), traces=traces, identities=known)
    decoded = page.partition("decoded</summary>")[2].partition("</pre>")[0]
    assert "HTTP answer  200  1.00 ms" in decoded
    assert "transactionId" not in decoded


def test_declaration_is_a_section_of_its_own():
    page = render(Results(facts={"target": "card"}, declared={"product": {"name": "x"}}), {})
    assert "No option, value, budget or deviation is declared" in page
    declared = {"product": {"name": "x"}, "known deviations": {"ES10c.GetEID#01": "reported"}}
    page = render(Results(facts={"target": "card"}, declared=declared), {})
    assert page.index('id="declaration"') < page.index("<h2>The run</h2>")
    assert "<h3>Known deviations</h3>" in page
    assert "<dt>ES10c.GetEID#01</dt><dd>reported</dd>" in page


def test_page_is_headed_by_the_product_where_one_is_declared():
    assert "<h1>Conformance report: card\n" in _page(_case("A#01", "pass"))
    page = _page(_case("A#01", "pass"), declared={"product": {"name": "old-fw"}})
    assert "<h1>Conformance report: old-fw\n" in page
    assert "<title>rsplab: old-fw, " in page


def test_slopes_by_numbers_are_a_table():
    growth = {"name": "STORE DATA GetRat by Profiles", "slope_ms": 1.25, "low": 0, "high": 4}
    growth |= {"begin_ms": 5.0, "count": 20, "p": 0.3, "listing": False, "rise_ms": 5.0}
    page = render(Results(facts={"target": "card"}, growth=[growth]), {})
    assert "STORE DATA GetRat by Profiles" in page
    assert "1.250" in page


def _blocks(css):
    """Yields the place, the selector and the inside of each rule on the outermost level."""
    depth, begin, selector, opened = 0, 0, "", 0
    for place, one in enumerate(css):
        if one == "{":
            depth += 1
            if depth == 1:
                selector, opened = css[begin:place].strip(), place + 1
        elif one == "}":
            depth -= 1
            if depth == 0:
                yield opened, selector, css[opened:place]
                begin = place + 1


def test_no_general_rule_takes_back_what_a_narrow_page_has():
    """Of two rules that are as specific, the later one holds, and a media query adds nothing."""
    rules = list(_blocks(re.search(r"<style>(.*)</style>", _page(), re.DOTALL)[1]))
    ((narrow, _, inside),) = [one for one in rules if "max-width" in one[1]]
    changed = {selector for _, selector, _ in _blocks(inside)}
    assert {"dl", ".inside", ".clamp"} <= changed
    later = [selector for place, selector, _ in rules if place > narrow and selector in changed]
    assert later == []


def test_long_values_of_a_failure_are_broken_and_come_after_no_note():
    long = "C3A9" * 80
    case = _case("A#01", "fail", expected=f"b'{long}'", actual="None")
    page = _page(case, notes=["the card was lost and came back"])
    assert "table.failures { table-layout: fixed; }" in page
    assert '<td data-label="actual"><div class="clamp">' in page
    assert page.index('id="failures"') < page.index("came back") < page.index('id="cases"')


def _written(text):
    environment = jinja2.Environment(
        loader=jinja2.DictLoader({"page": text}),
        autoescape=True,
        bytecode_cache=html._KeptCompiled(),
    )
    return environment.get_template("page").render()


def test_template_is_compiled_once(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "pycache_prefix", str(tmp_path))
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    compiled, generate = [], jinja2.Environment._generate
    monkeypatch.setattr(
        jinja2.Environment,
        "_generate",
        lambda *given, **more: compiled.append(1) or generate(*given, **more),
    )
    for _ in range(2):
        html.template("index.html.j2")
    assert compiled == [1]
    (kept,) = (one for one in tmp_path.rglob("*") if one.is_file())
    kept.write_bytes(kept.read_bytes()[:100])
    html.template("index.html.j2")
    assert compiled == [1, 1]


def test_template_that_was_changed_is_not_taken_from_what_was_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "pycache_prefix", str(tmp_path))
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    assert [_written("one"), _written("two"), _written("one")] == ["one", "two", "one"]


@pytest.mark.parametrize("may", [True, False])
def test_template_is_compiled_where_nothing_can_be_kept(tmp_path, monkeypatch, may):
    (tmp_path / "file").touch()
    monkeypatch.setattr(sys, "pycache_prefix", str(tmp_path / ("file" if may else "folder")))
    monkeypatch.setattr(sys, "dont_write_bytecode", not may)
    assert _written("one") == "one"
    assert [one.name for one in tmp_path.iterdir()] == ["file"]
