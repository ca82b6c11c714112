"""Keys, certificates and rules of the card: whom it trusts, what it signs, what it forbids."""
