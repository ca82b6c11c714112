"""The simulated roles: eUICC, SM-DP+ and their surroundings."""
