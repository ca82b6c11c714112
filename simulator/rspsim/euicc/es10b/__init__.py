"""es10b: one module per function."""
