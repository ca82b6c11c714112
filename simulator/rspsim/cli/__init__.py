"""Sub-commands of the program for the simulated roles: parsers and output."""
