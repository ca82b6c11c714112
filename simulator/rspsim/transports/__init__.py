"""How the simulated roles meet the world: vpcd, HTTPS."""
