"""A run and its cases: the shared target, the collection of cases, the verdict of each."""
