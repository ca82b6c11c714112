"""What a target file declares of a card: names that have to be known, values, and a draft."""
