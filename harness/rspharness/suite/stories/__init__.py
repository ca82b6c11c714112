"""What users' stories share: phones, servers with orders, the network between, and the line."""
