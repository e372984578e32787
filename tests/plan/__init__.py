"""The test plan of PACT conformance, made again: black-box cases for any host of versions 2.0 to 2.3 and 3.0."""
