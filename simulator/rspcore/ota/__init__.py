"""Over-the-air management: secured packets (SCP80), their carriage over SMS, scripts, SCP03."""
