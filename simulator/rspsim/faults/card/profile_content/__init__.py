"""Faults of the profile interpreter: elements, their order, and what they make."""
