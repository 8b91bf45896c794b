"""Objects followed through a shot, with numbers that stay theirs."""
