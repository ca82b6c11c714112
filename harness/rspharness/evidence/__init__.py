"""Views of a trace for people and other programs: decoded by name, and as a capture for Wireshark."""
