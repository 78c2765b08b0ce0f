"""What `benchmarks/peers.py` is made of: contestants, works, the comparison, the document.

Everything here concerns the comparison with other tools; what all benchmarks share is `harness`.
"""
