"""Faults of the ISD-R: selection, transport, and the functions of ES10a, ES10b and ES10c."""
