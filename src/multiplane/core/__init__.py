"""The nouns everything else speaks: arrays, errors, options, progress, items. Never torch."""
