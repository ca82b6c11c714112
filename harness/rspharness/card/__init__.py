"""The card under test as a case sees it: commands, expectations, observations, options."""
