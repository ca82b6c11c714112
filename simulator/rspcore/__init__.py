"""The vocabulary of remote SIM provisioning: octets to values and back; pure, no I/O."""
