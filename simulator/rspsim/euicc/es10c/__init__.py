"""es10c: one module per function."""
