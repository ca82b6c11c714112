"""The simulated roles, eUICC and SM-DP+, with their stores, faults, transports and commands."""
