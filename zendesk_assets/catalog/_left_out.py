"""What Zendesk has and no collection here copies, each with the reason; nothing is declared."""

from collections.abc import Mapping
from typing import Final

LEFT_OUT: Final[Mapping[str, str]] = {
    "agent_availabilities, unified statuses": (
        "The state of agents at the moment, without a past; which of its properties has the agent, "
        "and how states are called, is not known well enough."
    ),
    "apps": "What makers of apps say about them; those in use are in app_installations.",
    "account settings, Talk settings": (
        "No rows of anything; `check` reads the account's to say what is turned on."
    ),
    "article_subscriptions, user_subscriptions": "A request for each article or user.",
    "badges": "What a community gives its members; how to ask for who has one is not known.",
    "bookmarks, saved searches": "They belong to the agent whose token is used.",
    "chat": (
        "Zendesk Chat has tokens and limits of its own, and Messaging, its successor, is not in it."
    ),
    "email_notifications": "They can only be asked for by ticket or comment.",
    "jira integration links (V2)": (
        "Those of an app that Zendesk withdraws; their lists are asked for by an id that only its "
        "settings show."
    ),
    "job_statuses": "They live for hours.",
    "messaging transcripts": "The Conversations API has a host, keys and a contract of its own.",
    "monitored_twitter_handles, channel framework": "Zendesk has deprecated them.",
    "oauth clients and tokens, layouts, definitions of macros and routing attributes": (
        "They tell analysts nothing."
    ),
    "problems, incidents": "They are columns of tickets; the view ticket_links has the pairs.",
    "requests, search, view results": "Other ways to the tickets, which are all there.",
    "task_list_templates": "No answer of Zendesk's was found to declare them by.",
    "ticket_audits": "The same as ticket_events, but incomplete: archived tickets are missing.",
    "ticket_comments and audits, per ticket": "A request for each ticket; ticket_events has them.",
    "ticket_schedule, macro references": "They are only in audits, which cost one per ticket.",
    "user events and profiles": "A request for each user.",
    "webhook attempts": "A request for each invocation; webhook_invocations has their outcome.",
    "WFM, QA, AI agents, Sell": "They are other products, with APIs of their own.",
}
