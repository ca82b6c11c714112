"""The EID that a command line names: by its digits, or by a run of the card."""

import json

import pytest

from rspcore.errors import DecodeError, LocalError
from rspcore.pki.generate import REFERENCE_EID as EID
from rspharness.run.identification import named_eid

pytestmark = pytest.mark.once


@pytest.fixture
def folder(tmp_path):
    described = {"known": {"facts": {"eid": str(EID)}}}
    (tmp_path / "run.json").write_text(json.dumps(described))
    return tmp_path


def test_digits_or_a_run_name_an_eid(folder):
    assert named_eid("") is None
    assert named_eid(str(EID)) == EID
    assert named_eid(str(folder)) == EID


@pytest.mark.parametrize("text", ["1234", "reports/none", "8904903212345123451234567890123*"])
def test_neither_digits_nor_a_folder_is_refused(text):
    with pytest.raises(DecodeError):
        named_eid(text)


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"known": {"facts": {"eid": "**"}}}'])
def test_run_that_knows_no_eid_is_refused(folder, text):
    (folder / "run.json").write_text(text)
    with pytest.raises(LocalError, match="or the folder of a run that knows the EID"):
        named_eid(str(folder))
