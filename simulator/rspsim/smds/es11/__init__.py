"""ES11: what LPAs ask the SM-DS, one module for each function."""
