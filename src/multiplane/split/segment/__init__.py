"""Who is in the picture: one mask a frame, instances with ids, how the camera moved."""
