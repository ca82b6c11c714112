"""The host side: targets, the LPA driver, the pytest plugin, reports."""

from rspharness.cases import Level, testcase

__all__ = ["Level", "testcase"]
