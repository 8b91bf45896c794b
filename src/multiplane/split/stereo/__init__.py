"""People in both eyes of a stereo clip, the same in each."""
