"""Recipe, plan, run: the mechanism that takes items through stages."""
