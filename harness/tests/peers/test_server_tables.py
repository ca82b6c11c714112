"""The tables of servers: what is read of a run on faults, and what stands in the tables."""

import sys
from collections import Counter
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "peers"))

import servers

pytestmark = pytest.mark.once

MODULE = "suites.es9plus.test_tls"
JUNIT = f"""<testsuites><testsuite>
<testcase classname="{MODULE}" name="test_session[ES9+.TLS#01-&lt;one&gt;]"/>
<testcase classname="{MODULE}" name="test_session[ES9+.TLS#02-&lt;one&gt;]"><failure/></testcase>
<testcase classname="{MODULE}" name="test_session[ES9+.TLS#02-&lt;two&gt;]"/>
<testcase classname="{MODULE}" name="test_alone[&lt;two&gt;]"/>
</testsuite></testsuites>"""


@pytest.fixture
def junit(tmp_path):
    file = tmp_path / "kills.xml"
    file.write_text(JUNIT, "utf-8")
    return file


def test_rows_stand_under_the_fault_that_they_killed_or_let_live(junit):
    found = servers.of_junit(junit, {(MODULE, "test_alone"): ["ES9+.TLS#05", "ES9+.TLS#06"]})
    assert found == {
        "one": {"killed": ["ES9+.TLS#01"], "other": ["ES9+.TLS#02"]},
        "two": {"killed": ["ES9+.TLS#02", "ES9+.TLS#05", "ES9+.TLS#06"]},
    }


def test_case_that_is_in_no_suite_is_no_row(junit):
    with pytest.raises(KeyError, match="test_alone"):
        servers.of_junit(junit, {})


def test_rows_of_cases_are_those_of_their_decorators(tmp_path):
    folder = tmp_path / "suites" / "es9plus"
    folder.mkdir(parents=True)
    (folder / "test_tls.py").write_text(
        "from rspharness import testcase\n\n\n"
        "@testcase('ES9+.TLS#05', 'ES9+.TLS#06', level='read-only')\n"
        "def test_alone(sm_dp_plus): ...\n\n\n"
        "def helper(): ...\n",
        "utf-8",
    )
    found = servers.rows_of_cases(tmp_path / "suites", ["es9plus"])
    assert found == {
        (MODULE, "test_alone"): ["ES9+.TLS#05", "ES9+.TLS#06"],
        (MODULE, "helper"): [],
    }


@pytest.mark.parametrize("product", ["smdpp", "smds"])
def test_every_case_without_parameters_has_its_rows(product):
    suites = servers.ROOT / "suites"
    found = servers.rows_of_cases(suites, servers.PRODUCTS[product].suites)
    assert sum(map(bool, found.values())) > 20


@pytest.mark.parametrize("product", ["smdpp", "smds"])
def test_tables_have_a_line_for_each_fault_and_each_variation(product):
    from rspharness.mutation.server_faults import read_server_faults  # noqa: PLC0415  only here

    faults = read_server_faults(servers.ROOT / "fixtures" / "requirements", product)
    name, *others = faults
    table = servers.kills_table({name: {"killed": ["A#01", "A#02"], "other": ["A#03"]}}, product)
    assert "2 killed, 1 not" in table
    assert f"| `{faults[name].serve}` | 2 | A#01, A#02 | A#03 |" in table
    assert table.count("| 0 |  | none |") == len(others)
    first, *_ = (serve for serve, _, _ in servers.PRODUCTS[product].legal)
    counts = {first: Counter({"pass": 3, "probe": 1, "fail": 2})}
    legal = servers.legal_table(counts, product)
    assert "| 3 | 1 | 0 | 2 |" in legal
    assert legal.count("\n| `") == len(servers.PRODUCTS[product].legal)


def test_legal_variation_that_is_none_is_refused(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["servers.py", "--legal", "--vary 99"])
    with pytest.raises(SystemExit):
        servers.main()
    assert "expected one of" in capsys.readouterr().err
