"""The simulator in the harness: its cards as targets and fixtures, its SM-DP+ as an HTTP port."""
