"""What was behind the planes: plate, inpaint, check; and artworks: damage, candidates, collage."""
