"""What the core knows of the network.

urls: the parts of a web address. addresses: which IP addresses are public. transport: connects to those only.
host_allowlist: the hosts that a policy lists. url_allowlist: the addresses that a chat may open unasked.
egress_budget: counts what a chat sends unasked. bounded_body: bodies within a limit. cooldown: leaves alone what
failed. redaction: keeps keys out of texts. certificates: loaded once. hub_names: what a repository's name looks like.
"""
