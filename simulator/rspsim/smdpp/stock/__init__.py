"""What the server keeps: orders, RSP sessions and received Notifications; binding of packages."""
