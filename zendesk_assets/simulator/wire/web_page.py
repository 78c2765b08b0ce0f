"""How the simulator's pages for people look: one column, light or dark, on a phone too.

What they say is with those who answer: the consent page in `oauth`, the first page in `home`.
"""

from zendesk_assets.simulator.wire.messages import Answer

_STYLE = """
:root{color-scheme:light dark}
body{margin:0;background:#f5f7fa;color:#1f2933;font:16px/1.55 system-ui,sans-serif}
main{max-width:36rem;margin:8vh auto;padding:1.75rem 2rem;background:#fff;border:1px solid #d8dee6;
border-radius:10px}
h1{margin:0 0 .75rem;font-size:1.35rem;line-height:1.3}h2{margin:1.5rem 0 .25rem;font-size:1rem}
p{margin:.5rem 0}main>p:last-child{margin-top:1.25rem}.soft{color:#5b6775}
table{border-collapse:collapse}td{padding:.15rem 1.5rem .15rem 0}td+td{text-align:right}
pre{margin:.5rem 0;padding:.75rem;overflow-x:auto;background:#f0f3f7;border-radius:6px;
font:14px/1.5 ui-monospace,monospace;white-space:pre-wrap;overflow-wrap:anywhere}
form{margin-top:1.5rem;display:flex;gap:.75rem;flex-wrap:wrap}
button{padding:.6rem 1.5rem;font:inherit;border:1px solid #aab4c0;border-radius:6px;
background:transparent;color:inherit;cursor:pointer}
button.first{background:#17494d;border-color:#17494d;color:#fff}a{color:#1667b7}
@media (max-width:600px){main{margin:0;border:0;border-radius:0;min-height:100vh;
box-sizing:border-box;padding:1.5rem 1.25rem}button{flex:1}}
@media (prefers-color-scheme:dark){body{background:#0f1419;color:#e4e9ef}
main{background:#171d24;border-color:#2c3540}.soft{color:#97a3b0}pre{background:#0f1419}
button{border-color:#4a5562}button.first{background:#2f8a8f;border-color:#2f8a8f}a{color:#6cb0f5}}
"""


def web_page(title: str, content: str, status: int = 200) -> Answer:
    """Return a page; title and content are HTML."""
    page = (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title}</title><style>{_STYLE}</style></head>"
        f'<body><main>{content}<p class="soft">A simulated Zendesk account, on this machine '
        "only.</p></main></body></html>"
    )
    return Answer(status, page.encode(), "text/html; charset=utf-8")
