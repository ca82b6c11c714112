"""A card behind a modem that is reached by AT commands."""
