"""The command line: one program whose areas are mounted, and imported when asked for."""
