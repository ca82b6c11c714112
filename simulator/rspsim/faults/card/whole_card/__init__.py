"""Faults that show across functions: notifications, policy rules, whole procedures."""
