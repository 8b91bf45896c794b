"""SAM 2.1, EdgeTAM and SAM 3, on single pictures and on video."""
