"""Keys, signatures, key agreement and segment protection on the two curves of the PKI."""
