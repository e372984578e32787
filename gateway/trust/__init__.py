"""Keys, canonical bytes, detached signatures, and three verdicts that are never merged."""
