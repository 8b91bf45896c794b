"""Footage into planes: shots, segment, track, matte, stereo."""
