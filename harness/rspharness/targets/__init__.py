"""The place of a run's card: what a target offers, links to cards, and the cards in readers."""
