"""Camera motion and optical flow: what splitting and restoring both build on."""
