"""Footage into planes: shots, chunks, detect, segment, track, matte, stereo, export."""
