"""Tests of the suites themselves: every case runs on cards with faults."""
