"""Boxes round the people and characters of a shot."""
