"""Takes a clip or a folder of pictures apart into shots."""
