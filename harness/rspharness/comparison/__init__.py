"""Two runs, or two fingerprints, side by side: what differs between cards or firmwares."""
