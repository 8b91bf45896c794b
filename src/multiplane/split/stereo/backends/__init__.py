"""Ways to find and follow the people of one eye; imported when they are chosen."""
