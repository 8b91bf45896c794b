"""Ways to find people; imported when they are chosen."""
