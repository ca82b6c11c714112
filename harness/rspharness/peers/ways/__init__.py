"""Ways by which orders come to be at a server under test, one module for each."""
