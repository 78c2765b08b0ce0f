"""Sends messages: to Slack, to an address that takes JSON, by mail.

An address may contain a secret, so that no error repeats it.
"""

import smtplib
import ssl
from collections.abc import Callable, Sequence
from email.message import EmailMessage
from typing import Any, Final

import requests

from zendesk_assets.alerts.messages import Message
from zendesk_assets.errors import AlertError, ZendeskAssetsError, redact
from zendesk_assets.settings.alerts import Alerts, EmailAlerts
from zendesk_assets.settings.secret import Secret

_TIMEOUT_SECONDS: Final = 10
_TRY: Final = "correct it, and try it with `zendesk-assets check --alert`"


def deliver(
    alerts: Alerts, waiting: Sequence[tuple[str, Message]]
) -> tuple[list[tuple[str, Message]], list[str]]:
    """Send the messages to their channels; return those that still wait, and why.

    After a channel's first failure its other messages wait too, so that they stay in order. Those
    of channels that the sources file no longer has are dropped.
    """
    left, errors = list[tuple[str, Message]](), dict[str, str]()
    for channel, message in waiting:
        if channel in errors:
            left.append((channel, message))
        elif channel in alerts.channels:
            try:
                _SENDERS[channel](getattr(alerts, channel), message)
            except ZendeskAssetsError as error:
                errors[channel] = str(error)
                left.append((channel, message))
    return left, list(errors.values())


def _send_to_slack(address: Secret, message: Message) -> None:
    """https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks."""
    lines = [f"*{_escaped(message.title)}*", _escaped(message.text)]
    lines += [f"<{message.link}|Open it in Dagster>"] if message.link else []
    _post("alerts.slack", address, {"text": "\n".join(lines)})


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _send_to_webhook(address: Secret, message: Message) -> None:
    _post("alerts.webhook", address, message.to_json())


def _post(key: str, address: Secret, content: dict[str, Any]) -> None:
    try:
        answer = requests.post(address.reveal(), json=content, timeout=_TIMEOUT_SECONDS)
        problem = "" if answer.ok else f"answered with HTTP {answer.status_code}"
    except requests.RequestException as error:
        problem = f"cannot be reached ({type(error).__name__})"
    if problem:
        raise AlertError(f"The address of `{key}` {problem}: {_TRY}.")


def _send_by_mail(settings: EmailAlerts, message: Message) -> None:
    mail = EmailMessage()
    mail["From"], mail["To"] = settings.sender, ", ".join(settings.to)
    mail["Subject"] = message.title
    mail.set_content(f"{message.text}\n\n{message.link}\n")
    password = settings.password.reveal() if settings.password else ""
    try:
        with _connect(settings) as server:
            if settings.user:
                server.login(settings.user, password)
            server.send_message(mail)
    except (OSError, smtplib.SMTPException) as error:
        problem = redact(str(error).replace(password or "\0", "***"))
    else:
        return
    raise AlertError(
        f"No mail could be sent by {settings.server}, port {settings.port_number} ({problem}): "
        f"`alerts.email` may be wrong; {_TRY}."
    )


def _connect(settings: EmailAlerts) -> smtplib.SMTP:
    place, trust = (settings.server, settings.port_number), ssl.create_default_context()
    if settings.security == "tls":
        return smtplib.SMTP_SSL(*place, timeout=_TIMEOUT_SECONDS, context=trust)
    server = smtplib.SMTP(*place, timeout=_TIMEOUT_SECONDS)
    if settings.security == "starttls":
        server.starttls(context=trust)
    return server


_SENDERS: Final[dict[str, Callable[[Any, Message], None]]] = {
    "slack": _send_to_slack,
    "webhook": _send_to_webhook,
    "email": _send_by_mail,
}
