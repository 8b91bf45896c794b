"""Neural networks by architecture: run from a weights file, no policy."""
