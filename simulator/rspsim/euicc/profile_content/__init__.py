"""What a profile package makes: its elements interpreted into files, PINs, keys and domains."""
