"""Many simulated cards and LPAs against one SM-DP+, as users of Locust, counted at the end."""
