"""The list of what nothing pins: each setting it names exists, and the page has every probe."""

import dataclasses
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))
from generators.unpinned import probes, unpinned, write

from rspharness.record.catalogue import Catalogue
from rspsim.euicc.options import Options
from rspsim.smdpp.settings import SETTINGS

pytestmark = pytest.mark.once

CATALOGUE = Path(__file__).parents[2] / "fixtures" / "requirements" / "euicc.csv"


def test_each_setting_exists():
    known = {one.name for one in dataclasses.fields(Options)} | {one.name for one in SETTINGS}
    entries = [one for facts in unpinned().values() for one in facts.values()]
    assert {one["set"] for one in entries if "set" in one} <= known
    assert all(set(one) <= {"here", "set"} for one in entries)


def test_page_has_every_probe_of_version_3(tmp_path):
    write(tmp_path)
    text = (tmp_path / "unpinned.md").read_text(encoding="utf-8")
    rows = [row for row in Catalogue.load(CATALOGUE) if row.versions == "v3" and row.probe]
    assert len(list(probes())) == len(rows) > 100
    assert all(f"`{row.id}`" in text for row in rows)
    assert "smds_signature2_over_signed2_alone" in text
