"""Messages about problems: one for each cause, and one when it is over.

`problems` decides which messages are due, `messages` words them, `channels` sends them. What went
wrong is found out elsewhere, from Dagster's runs (`orchestration.alerts`).
"""

from zendesk_assets.alerts.channels import deliver
from zendesk_assets.alerts.messages import Message, trial_message
from zendesk_assets.alerts.problems import Finding, Problem, follow
