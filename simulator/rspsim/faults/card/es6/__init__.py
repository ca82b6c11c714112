"""Faults of ES6: what an operator changes in its Profile over the air, and must not."""
