"""The host side: targets, the LPA driver, the pytest plugin, reports."""

from rspharness.record.testcase import Level, testcase

__all__ = ["Level", "testcase"]
