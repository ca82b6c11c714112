"""The software eUICC."""
