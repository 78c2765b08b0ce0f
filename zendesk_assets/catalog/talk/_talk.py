"""What the lists and exports of Talk have in common. Nothing is declared."""

from typing import Final

NEEDS: Final = "Zendesk Talk, and an admin or a role that manages it"
FEATURE: Final = "active_features.voice"
