"""Faults on purpose, of the card in `card`, of the SM-DP+ in `server`; no product imports them."""
