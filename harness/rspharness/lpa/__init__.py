"""The LPA driver: an eUICC on one side (APDU), SM-DP+ and SM-DS on the other (HTTP)."""
