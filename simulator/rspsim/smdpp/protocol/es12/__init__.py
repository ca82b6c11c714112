"""ES12 as the SM-DP+ calls it: an event is registered with an order and deleted after it."""
