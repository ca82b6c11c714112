"""The simulated modem with AT commands, and the port it is reached at."""
