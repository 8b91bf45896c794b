"""The ways to find the characters, one file each."""
