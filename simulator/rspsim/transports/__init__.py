"""How the simulated roles meet the world: the virtual PC/SC reader, HTTPS."""
