"""Where state is kept: in memory, in SQLite."""
