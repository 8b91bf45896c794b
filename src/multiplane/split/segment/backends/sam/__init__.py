"""Segmenters that ask a SAM: automatic masks and prompts."""
