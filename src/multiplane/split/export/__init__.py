"""Chunks of alphas back into one clip: video with alpha, green screen, packed alpha, mattes."""
