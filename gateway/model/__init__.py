"""The canonical product carbon footprint and the Finding: frozen types, no I/O."""
