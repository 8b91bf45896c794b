"""A clean plate for every frame of a shot, from what other frames really saw."""
