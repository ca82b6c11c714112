"""Fixtures of the harness's own tests."""

import importlib.util
from pathlib import Path

import pytest

pytest_plugins = ["pytester"]


@pytest.fixture(scope="session")
def fake_agent():
    """Give the module of the administration agent, which is no test and in no package."""
    place = Path(__file__).with_name("fake_agent.py")
    spec = importlib.util.spec_from_file_location("fake_agent", place)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
