"""Devices, precision, arrays to tensors: the torch code that backends share."""
