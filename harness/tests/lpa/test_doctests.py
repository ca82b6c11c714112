"""The examples in the documentation of the LPA driver are correct."""

import doctest
from importlib import import_module

import pytest


@pytest.mark.parametrize("name", ["activation_code", "checks", "status_meanings"])
def test_examples_are_correct(name):
    outcome = doctest.testmod(import_module(f"rspharness.lpa.{name}"))
    assert outcome.attempted > 0
    assert outcome.failed == 0
