"""The table of axes: complete, of rows with a case, and read strictly."""

import ast
import re
from pathlib import Path

import pytest

from rspcore.errors import ConfigError
from rspcore.messages import es10a, es10b, es10c
from rspharness.cli.main import main
from rspharness.record.axes import AXES, FILES, MOST_REASONS, Axes, State, axes_of
from rspharness.record.catalogue import Catalogue

pytestmark = pytest.mark.once

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "fixtures" / "requirements"
FILE = FILES[""]
CATALOGUE = Catalogue.load(FOLDER)
TABLE = Axes.load(FOLDER / FILE, CATALOGUE)
HEAD = ",".join(["function", "has", *(axis.name for axis in AXES)])
AREAS = ("ES6", "ES8+", "ES10a", "ES10b", "ES10c")
NAMED = ("profile_identifier", "search_criteria", "isdp_aid")
"""Members of a request by which it names something in more than one form."""


def written(tmp_path, *lines):
    path = tmp_path / FILE
    path.write_text("\n".join((HEAD, *lines)) + "\n", encoding="utf-8")
    return Axes.load(path, CATALOGUE)


def copied(folder, instead):
    """Copies catalogue and table; in the table a row becomes another."""
    for file in FOLDER.glob("*.csv"):
        text = file.read_text("utf-8")
        if file.name == FILE:
            text = text.replace("Transport.StoreData#52", instead)
        (folder / file.name).write_text(text, encoding="utf-8")


def case_ids():
    text = [one.read_text("utf-8") for one in (ROOT / "suites").rglob("test_*.py")]
    return {
        name
        for one in text
        for node in ast.walk(ast.parse(one))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        for name in re.findall(r"[\w+.-]+#\d+", node.value)
    }


def test_table_is_complete():
    assert TABLE.holes == ()
    assert TABLE.share < 0.15


def test_each_row_of_the_table_has_a_case():
    have = case_ids()
    named = {one for cell in TABLE.all for one in cell.ids}
    assert sorted(named - have) == []


def test_each_es_function_of_the_catalogue_is_in_the_table():
    groups = {row.group for row in CATALOGUE if row.applies_to("v2") and row.area in AREAS}
    groups = {one for one in groups if not one.startswith("Tamper.")}
    assert sorted(groups - {one for name in TABLE.cells for one in name.split(", ")}) == []


REQUESTS = {
    name.removesuffix("Request").lower(): one
    for module in (es10a, es10b, es10c)
    for name, one in vars(module).items()
    if name.endswith("Request")
}


@pytest.mark.parametrize(
    "function",
    [one for one in TABLE.cells if one.startswith("ES10") and one[6:].lower() in REQUESTS],
)
def test_function_has_what_its_request_has(function):
    """A request with a signature, or a choice of names, has the axes of these."""
    request = REQUESTS[function.partition(".")[2].lower()]
    members = set(request.__annotations__)
    has = {cell.axis.needs for cell in TABLE.cells[function] if cell.state is not State.NONE}
    if any("signature" in one for one in members):
        assert {"signed", "keys"} <= has
    if members & set(NAMED):
        assert "names" in has
    if any(
        "utf8(" in str(one) or "octets(" in str(one) for one in request.__annotations__.values()
    ):
        assert "bounds" in has


def test_no_function_lacks_a_channel_a_reset_or_another_session():
    """An axis that needs nothing is one of every function."""
    free = [axis.name for axis in AXES if not axis.needs]
    assert free == ["channel", "reset", "after"]
    absent = [cell for row in TABLE.cells.values() for cell in row if cell.state is State.NONE]
    assert not {cell.axis.name for cell in absent} & set(free)
    assert len(absent) < len(TABLE.cells) * len(AXES) * MOST_REASONS


def test_less_than_the_limit_of_all_cells_is_not_walked():
    """Reasons and cells without the axis together are fewer than the reasons alone may be."""
    assert TABLE.unwalked < MOST_REASONS


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("F,,,ES10c.GetEID#99,,X#1,,,,,", "F, channel: ES10c.GetEID#99 is not in the catalogue"),
        ("F,feathers,,,,,,,,,", "F has feathers, unknown"),
        ("F,,ES10c.GetEID#01,,,,,,,,", "F, addressing: has no names"),
        ("F,,,clause of some kind,,,,,,,", "expected 'clause NAME: reason'"),
    ],
)
def test_line_that_cannot_be_right_is_refused(tmp_path, line, said):
    with pytest.raises(ConfigError, match=re.escape(said)):
        written(tmp_path, line)


def test_other_columns_are_refused(tmp_path):
    path = tmp_path / FILE
    path.write_text("function,has\nF,\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="expected the columns function, has, addressing"):
        Axes.load(path, CATALOGUE)


def test_cell_of_probes_alone_is_a_hole(tmp_path):
    probe = next(row.id for row in CATALOGUE if row.probe)
    table = written(tmp_path, f"F,,,{probe},,ES10c.GetEID#01,option O_E_X: it has none,,,,")
    assert [cell.axis.name for cell in table.holes] == ["channel"]
    assert [cell.axis.name for cell in table.reasons] == ["after"]
    assert not table.complete


def test_program_prints_the_table(capsys):
    assert main(["coverage", "--axes", "--requirements", str(FOLDER)]) == 0
    printed = capsys.readouterr().out
    assert "ES10c.GetEID" in printed
    assert printed.splitlines()[-1].endswith("holes 0")


@pytest.mark.parametrize("product", ["smdpp", "smds"])
def test_table_of_a_server_is_complete_and_of_rows_with_a_case(product, capsys):
    rows = Catalogue.load(FOLDER / f"{product}.csv")
    table = Axes.load(FOLDER / FILES[product], rows, axes_of(product))
    assert table.complete
    assert {one for cell in table.all for one in cell.ids} <= server_ids()
    own = [row for row in rows if row.versions != "v3"]  # those stand with the rows of cards
    functions = {f"{row.area}.{row.function}" for row in own} - {"ES9+.TLS", "ES11.TLS"}
    assert functions == set(table.cells)
    folder = ("--requirements", str(FOLDER))
    assert main(["coverage", "--axes", "--product", product, *folder]) == 0
    assert capsys.readouterr().out.splitlines()[-1].endswith("holes 0")


def server_ids():
    """Returns the ids of the cases of servers, also of those that are put together."""
    faults = (ROOT / "fixtures" / name for name in ("server_faults.toml", "smds_faults.toml"))
    text = "".join(one.read_text("utf-8") for one in faults)
    return case_ids() | set(re.findall(r"[\w+.-]+#\d+", text))


def test_program_fails_with_a_hole(tmp_path, capsys):
    copied(tmp_path, "")
    assert main(["coverage", "--axes", "--requirements", str(tmp_path)]) == 1
    assert "hole: ES10b.CancelSession, channel" in capsys.readouterr().out


def test_unknown_row_is_refused_by_the_program(tmp_path, capsys):
    copied(tmp_path, "Transport.StoreData#152")
    assert main(["coverage", "--axes", "--requirements", str(tmp_path)]) == 3
    assert "Transport.StoreData#152 is not in the catalogue" in capsys.readouterr().err
