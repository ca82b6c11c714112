"""The command line: one program whose areas are imported when they are used."""
