"""Computations with a clause: figures that a target asks for and a footprint does not hold."""
