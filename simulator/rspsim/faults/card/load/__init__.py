"""Faults of a load: its segments, the commands of ES8+, the result."""
