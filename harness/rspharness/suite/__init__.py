"""What suites share: initial conditions, and the parts of a card that many cases check."""
