"""Files, local and remote: writing them whole, naming what is wrong, and who holds them."""
