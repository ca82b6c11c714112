"""What is written down of a case, and the catalogue it answers to; knows no card."""
