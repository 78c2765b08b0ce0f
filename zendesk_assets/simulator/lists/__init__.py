"""Plain lists: configuration of an account as JSON objects, each list being one file in `data`.

`declaration` says what a data file may hold; `references` replaces what stands for an id in it;
`store` keeps the rows and changes them. Nothing in here knows of requests, pages or tickets.
"""
