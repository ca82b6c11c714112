"""es8p: one module per function."""
