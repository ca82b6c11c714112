"""Servers under the control of a case: they sign and build every request, right or wrong."""
