"""What an LPA of version 3 does beside downloads: RPM, Device Change, Profile Recovery."""
