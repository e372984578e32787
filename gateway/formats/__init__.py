"""Bytes to trees of leaves and back, one module per syntax."""
