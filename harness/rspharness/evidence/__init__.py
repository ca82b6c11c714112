"""Views of a trace for others: decoded by name, and as a capture for Wireshark."""
