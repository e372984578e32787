"""Schema, then rules: what a document conforms to, and every finding with its reason."""
