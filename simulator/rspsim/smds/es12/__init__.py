"""ES12 and ES15: what other servers register at the SM-DS, one module for each function."""
