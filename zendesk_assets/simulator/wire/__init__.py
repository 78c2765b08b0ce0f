"""The HTTP side: sockets, authentication, limits and faults, and one module per kind of endpoint.

What an account holds and how it changes is `account`; this package only reads it.
"""
