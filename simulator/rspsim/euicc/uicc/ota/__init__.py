"""Management of the enabled Profile over the air: SCP80 packets, RFM, RAM, ES6."""
