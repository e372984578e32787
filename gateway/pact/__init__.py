"""The PACT protocol: footprints put on offer, events and their answers, and the client of other hosts.

What a footprint means is in the tables and rules; what is kept is in `gateway.store`; HTTP towards callers is in
`gateway.service`.
"""
