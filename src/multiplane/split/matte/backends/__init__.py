"""Ways to find the soft edge."""
