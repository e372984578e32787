"""The engine: tables of lenses, run in both directions, with a ledger of every leaf. It knows no standard."""
