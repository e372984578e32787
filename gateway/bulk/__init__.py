"""Documents with a very long list: a QReport of 99,999 goods, written, checked and read a good at a time."""
