"""How many of many moments fall into one minute, wherever it begins."""

from collections import deque


def most_in_a_minute(times):
    """Return the largest number of `times` (seconds, ascending) within any 60 seconds."""
    window, most = deque(), 0
    for moment in times:
        window.append(moment)
        while moment - window[0] >= 60:
            window.popleft()
        most = max(most, len(window))
    return most
