"""ES8+: the five commands inside a BoundProfilePackage, one module each (SGP.22 v2, 5.5)."""
