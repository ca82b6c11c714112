"""Commands of an LPA of version 3."""
