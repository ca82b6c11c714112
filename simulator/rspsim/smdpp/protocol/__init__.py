"""What LPAs meet: HTTP, the functions of ES9+, the codes they answer, the checks of a card."""
