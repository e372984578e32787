"""What the gateway keeps: footprints on offer, who may see them, events, what was received, and the log.

SQLite (write-ahead log) by default, PostgreSQL by its URL. Documents are kept as the bytes that were signed or
received; a changed footprint is a new revision beside the old one. Nothing here knows HTTP or PACT's wording.
"""
