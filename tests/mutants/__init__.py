"""Documents made from a schema, and thousands of small changes to them, for comparing two schemas.

The documents are generated, never copied: a complete one that holds every element or property of the
schema, a minimal one, and a few between. A mutant is one change of one place. The generators are driven by
a schema, so a test drives them once by our transcription and once by the official file: an element that
the transcription forgot is then still tried.
"""
