"""The mock SM-DP+."""
