"""A BoundProfilePackage on its way into the card: segments, the commands of ES8+, the installer."""
