"""Nothing is configured here: options, fixtures and hooks come from the rspharness plugin."""
