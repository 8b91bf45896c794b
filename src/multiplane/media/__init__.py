"""Images, video and audio streams: what comes in and what goes out."""
