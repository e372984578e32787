"""The HTTP service: the PACT API in versions 3 and 2 for foreign buyers, and the operator's endpoints."""
