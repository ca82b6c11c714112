"""Where the card of a run is: what a target offers, links to cards, and the cards in readers."""
