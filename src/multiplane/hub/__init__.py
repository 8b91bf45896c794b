"""Weights and sample media: what they are, where they come from, their licence and hash."""
