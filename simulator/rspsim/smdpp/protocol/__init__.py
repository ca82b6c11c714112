"""The protocol of the server: HTTP, the functions of ES9+, and the checks of a card."""
