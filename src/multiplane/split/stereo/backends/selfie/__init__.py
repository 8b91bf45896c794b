"""People by MediaPipe's selfie segmentation: windows to find them, then a crop each."""
