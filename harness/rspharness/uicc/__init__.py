"""The files of a SIM or an enabled Profile, browsed over APDUs and shown decoded."""
