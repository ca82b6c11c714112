"""Keys, certificates and rules of the card: what it trusts, signs and forbids."""
