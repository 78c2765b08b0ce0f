"""The help centers of brands: what they say, who may read it, what readers think of it."""
