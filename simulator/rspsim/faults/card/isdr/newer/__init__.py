"""Faults of what version 3 adds to the ISD-R."""
