"""How the simulated roles are reached: the virtual PC/SC reader, HTTPS."""
