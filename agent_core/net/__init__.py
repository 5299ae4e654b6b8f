"""Network helpers: addresses, limits and permissions.

urls: the parts of a web address. addresses: which IP addresses are public. transport: connects to public addresses
only. host_allowlist: the hosts that a policy allows. url_allowlist: the addresses that a chat may open without asking.
egress_budget: counts what a chat sends without asking. bounded_body: reads response bodies up to a limit. cooldown:
waits before a failed service is tried again. redaction: removes keys from texts. certificates: the TLS certificates,
loaded once. hub_names: how repository names on the Hub look.
"""
