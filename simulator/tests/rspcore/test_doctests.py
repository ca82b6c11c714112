import doctest
import importlib

import pytest

MODULES = ["rspcore.apdu", "rspcore.ids", "rspcore.status", "rspcore.tlv"]


@pytest.mark.parametrize("name", MODULES)
def test_examples_in_the_text_are_true(name):
    result = doctest.testmod(importlib.import_module(name))

    assert result.attempted > 0
    assert result.failed == 0
