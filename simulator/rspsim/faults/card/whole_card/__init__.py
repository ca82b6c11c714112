"""Faults that show across functions: notifications and whole procedures."""
