"""The ISD-R: its selection, STORE DATA, and the functions of ES10a, ES10b and ES10c behind it."""
