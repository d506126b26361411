"""What sites and services exchange, beyond one server's doors."""
