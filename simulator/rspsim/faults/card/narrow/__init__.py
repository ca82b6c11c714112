"""Narrow faults: one mistake in one place, where a broad fault of the same rule changes much."""
