"""Certificates of the SGP.26 shape: read, issue, check, bundle."""
