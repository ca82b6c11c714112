from pathlib import Path

import pytest

from rspcore.errors import ConfigError
from rspharness.record.catalogue import Catalogue, Condition

CATALOGUE = Path(__file__).parents[3] / "fixtures" / "requirements" / "euicc.csv"


@pytest.mark.parametrize(
    ("text", "options", "missing"),
    [
        ("", {}, ()),
        ("A", {"A": True}, ()),
        ("A", {}, ("A",)),
        ("!A", {"A": True}, ("not A",)),
        ("A & !B", {"A": True, "B": True}, ("not B",)),
        ("A | B", {"B": True}, ()),
        ("A | B & C", {"B": True}, ("A or C",)),
        ("(A | B) & C", {"A": True}, ("C",)),
        ("!(A | B)", {"B": True}, ("not (A | B)",)),
        ("!!A", {"A": True}, ()),
    ],
)
def test_condition_names_what_is_missing(text, options, missing):
    assert Condition.parse(text).missing(options) == missing


@pytest.mark.parametrize("text", ["A &", "& A", "(A", "A)", "A B", "A % B", "!"])
def test_condition_with_a_mistake_is_refused(text):
    with pytest.raises(ConfigError, match="condition"):
        Condition.parse(text)


def test_whole_catalogue_is_read():
    catalogue = Catalogue.load(CATALOGUE)
    assert len(catalogue) == 1657
    row = catalogue["ES10b.GetRAT#04"]
    assert row.condition.names == {"RAT_PPR1", "RAT_PPR2"}
    assert row.group == "ES10b.GetRAT"
    assert not row.probe
    assert sum(row.probe for row in catalogue) == 272
    assert sum(row.applies_to("v2") for row in catalogue) == 1275
    assert sum(row.versions == "v3" for row in catalogue) == 382


def test_rows_of_what_is_not_built_are_listed():
    """The rows that apply to no card of ours: SM2 keys, and the update of the card's software."""
    listed = (CATALOGUE.parent / "README.md").read_text(encoding="utf-8")
    rows = [
        r for r in Catalogue.load(CATALOGUE) if r.condition.names & {"O_E_SM2", "O_E_OS_UPDATE"}
    ]
    assert [row.id for row in rows] == [
        "ES8+.InitialiseSecureChannel#04",
        "procedure.Certificates#05",
    ]
    assert all(f"`{row.id}`" in listed for row in rows)


def test_second_row_with_an_id_is_refused():
    row = next(iter(Catalogue.load(CATALOGUE)))
    with pytest.raises(ConfigError, match="occurs twice"):
        Catalogue([row, row])


def test_absent_file_is_named(tmp_path):
    with pytest.raises(ConfigError, match="--rsp-requirements"):
        Catalogue.load(tmp_path / "none.csv")


def test_folder_is_read_file_by_file():
    folder = CATALOGUE.parent
    alone = Catalogue.load(CATALOGUE)
    whole = Catalogue.load(folder)
    ids = [row.id for row in whole]
    assert ids[: len(alone)] == [row.id for row in alone]
    assert {row.area for row in whole if row.id not in alone} == {"Story"}
    assert whole.path == folder


def test_folder_without_a_file_is_refused(tmp_path):
    with pytest.raises(ConfigError, match=r"no \.csv file"):
        Catalogue.load(tmp_path)


def test_absent_column_is_named(tmp_path):
    path = tmp_path / "short.csv"
    path.write_text("id,area\nX#01,ES6\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="no column function"):
        Catalogue.load(path)


@pytest.mark.parametrize(
    ("text", "options", "undecided"),
    [
        ("A", {}, ("A",)),
        ("!A", {}, ("A",)),
        ("A & K", {"K": False}, ()),
        ("A & K", {"K": True}, ("A",)),
        ("A | K", {"K": True}, ()),
        ("A | K", {"K": False}, ("A",)),
        ("!(A | B)", {}, ("A", "B")),
        ("A & L", {}, ()),  # L is of another version: it does not hold
        ("A", {"A": True}, ()),
    ],
)
def test_condition_names_the_unknown_options_it_hangs_on(text, options, undecided):
    assert Condition.parse(text).undecided(options, {"A": "", "B": ""}) == undecided


@pytest.mark.parametrize(("file", "number"), [("smdpp.csv", 15), ("smds.csv", 3), ("lpa.csv", 3)])
def test_another_product_has_its_rows_of_version_3(file, number):
    whole = Catalogue.load(CATALOGUE.with_name(file))
    of_cards = {row.id for row in Catalogue.load(CATALOGUE)}
    shared = [row for row in whole if row.id in of_cards]
    assert len(shared) == number
    assert {row.versions for row in shared} == {"v3"}
    assert all(row.applies_to("v2 and v3") for row in whole)


def test_file_that_was_changed_is_read_again(tmp_path):
    lines = CATALOGUE.read_text(encoding="utf-8").splitlines(keepends=True)
    file = tmp_path / "some.csv"
    file.write_text("".join(lines[:3]), encoding="utf-8")
    first = Catalogue.load(file)
    assert len(first) == 2
    assert next(iter(Catalogue.load(file))) is next(iter(first))
    file.write_text("".join(lines[:4]), encoding="utf-8")
    assert len(Catalogue.load(file)) == 3
    file.unlink()
    with pytest.raises(ConfigError, match="No such file"):
        Catalogue.load(file)
