"""One file a way to follow objects."""
