"""Plain lists: the configuration of an account as JSON objects, each list one file in `data`.

What a data file may hold is `declaration`; the rows and their changes are `store`; rows that follow
from the rest of the account are `computed`. Nothing here knows of requests or pages.
"""
