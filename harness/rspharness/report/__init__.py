"""Reports of a run: one JSON file as the source, and the forms made from it."""
