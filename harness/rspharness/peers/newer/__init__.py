"""Card and LPA of the tester in version 3, for servers under test."""
