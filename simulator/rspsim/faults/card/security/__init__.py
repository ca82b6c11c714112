"""Faults of the rules of the card: policy rules and the table that allows them."""
