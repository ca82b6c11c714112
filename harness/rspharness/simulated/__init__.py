"""What brings the simulator in: its cards as targets and fixtures, its SM-DP+ as an HTTP port."""
