"""The values of the plugin's options: the command line, else the environment, else pytest's ini.

The option `--rsp-level` falls back on the environment variable `RSPLAB_LEVEL`, and that on the key
`rsp_level` in the configuration of pytest. `rsplab run` has its own names for the same options and
passes them on with the prefix. `rspharness.plugin.options` registers them.
"""

import os

import pytest

__all__ = ["ini_key", "long_option", "value", "values", "variable"]


def long_option(name: str) -> str:
    """Returns the option of pytest for the name that `rsplab run` has for it.

    >>> long_option("card-fault")
    '--rsp-card-fault'
    """
    return f"--rsp-{name}"


def ini_key(name: str) -> str:
    """Returns the key in the configuration of pytest.

    >>> ini_key("card-fault")
    'rsp_card_fault'
    """
    return f"rsp_{name.replace('-', '_')}"


def variable(name: str) -> str:
    """Returns the environment variable.

    >>> variable("card-fault")
    'RSPLAB_CARD_FAULT'
    """
    return f"RSPLAB_{name.replace('-', '_').upper()}"


def value(config: pytest.Config, name: str) -> str:
    """Returns the value of an option that has one; its default when nothing sets it."""
    given: str | None = config.getoption(long_option(name))
    if given is None:
        given = os.environ.get(variable(name)) or config.getini(ini_key(name))
    return str(given)


def values(config: pytest.Config, name: str) -> list[str]:
    """Returns the values of a repeatable option; the environment and the ini have one a line."""
    given: list[str] = config.getoption(long_option(name)) or []
    if given:
        return given
    lines = os.environ.get(variable(name), "").splitlines()
    return [line.strip() for line in lines if line.strip()] or list(config.getini(ini_key(name)))
