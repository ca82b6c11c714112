"""eSIM Ports of a card of version 3.1: which Profile is on which, and the commands between."""
