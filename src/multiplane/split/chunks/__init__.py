"""A long clip in chunks that overlap, so that whoever works on it needs memory for one of them."""
