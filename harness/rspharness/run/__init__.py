"""A run and its cases: the target they share, which cases there are, how each is judged."""
