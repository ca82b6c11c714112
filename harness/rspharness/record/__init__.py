"""The record of a case, and the catalogue of requirements; independent of cards."""
