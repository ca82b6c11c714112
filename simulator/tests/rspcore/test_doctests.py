"""The examples in the docstrings give the results they show."""

import doctest
from importlib import import_module

import pytest


@pytest.mark.parametrize(
    "module", ["rspcore.apdu", "rspcore.ids", "rspcore.tlv", "rspharness.record.catalogue"]
)
def test_examples_hold(module: str) -> None:
    outcome = doctest.testmod(import_module(module))
    assert outcome.attempted > 0
    assert outcome.failed == 0
