"""The load of a BoundProfilePackage: its segments and the commands of ES8+."""
