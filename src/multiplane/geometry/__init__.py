"""Where the light came from: projections, and what two eyes that stand beside each other share."""
