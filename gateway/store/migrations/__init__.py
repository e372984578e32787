"""The steps by which the tables came to be what they are, oldest first; `versions` has one module for each."""

REVISIONS = ("0001", "0002", "0003", "0004", "0005", "0006", "0007")
HEAD = REVISIONS[-1]
