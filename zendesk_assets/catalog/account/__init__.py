"""The account itself: its brands, languages, addresses and partners."""
