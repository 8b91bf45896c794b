"""What was behind the planes: plate, inpaint, check."""
