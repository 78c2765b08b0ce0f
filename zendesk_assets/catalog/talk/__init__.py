"""Talk: calls and their legs, and what answers them: numbers, menus and greetings."""
