"""Areas of the program that belong to the simulated roles: parsers here, work where it is done."""
