"""What the server keeps: orders, RSP sessions, received Notifications, and how they are bound."""
