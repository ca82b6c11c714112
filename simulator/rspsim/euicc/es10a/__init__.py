"""es10a: one module per function."""
