"""Metrics: image, mask, temporal, perceptual."""
