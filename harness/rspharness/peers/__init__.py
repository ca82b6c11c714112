"""Servers and LPAs under test: the tester is a card and an LPA of its own, and servers."""
