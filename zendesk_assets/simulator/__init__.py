"""A local Zendesk account with state, clock, limits and faults, served over real HTTP.

It is built from docs/zendesk-api.md alone and shares no code with the client: a mistake that both
made would hide itself. Of the rest of the package it imports `clock` and `errors` only.

`wire` is the HTTP side, `account` the account in memory, `lists` its plain lists as data files;
`site` puts them together, `control` is the API for tests, `expected` the truth they compare with.

    with Simulator(tickets=500, seed=7, clock=ManualClock(...)) as sim:
        requests.get(f"{sim.base_url}/api/v2/groups", headers={"Authorization": "Bearer …"})
        sim.account.create_ticket("Where is my parcel?")     # change it in this process
        sim.account.update_ticket(7, comment="On its way", status="pending")
        sim.account.create_row("sla_policies", {"title": "Gold"})
        sim.faults.add("status", path="/incremental/tickets/cursor", status=503, times=2)
        sim.limiter.change(exports=10)
        sim.make_unavailable("satisfaction_ratings", "role") # REFUSALS names the reasons
        sim.expected("tickets")                              # the rows of a complete sync
        sim.requests                                         # every request (LoggedRequest)

Several accounts on one port (`base_url` of each is `http://127.0.0.1:PORT/<prefix>`):

    with SimulatorServer({"acme": Simulator(...), "globex": Simulator(subdomain="globex")}): ...

Control API, for other processes: GET `<base_url>/_simulator/state`, `/_simulator/requests?since=`,
`/_simulator/expected/<collection>` (`?with_deleted=true`); POST `<base_url>/_simulator/<action>`
with the arguments as a JSON object, answered by `{"result": …}`, or 400 `{"error": …}`. The actions
are the names in `control.ACCOUNT_ACTIONS`, `control.SITE_ACTIONS`, and `advance_clock`
({"days": 1}), `change_limits` ({"exports": 5}), `inject_fault` (the fields of `Fault`),
`clear_faults`, `clear_requests`.

`rate_limits=None` means limits too high to be reached; their headers are sent all the same.
"""

from zendesk_assets.simulator.account.desk import Account
from zendesk_assets.simulator.simulator import Simulator
from zendesk_assets.simulator.wire.faults import Fault
from zendesk_assets.simulator.wire.limits import RateLimits
from zendesk_assets.simulator.wire.log import LoggedRequest
from zendesk_assets.simulator.wire.server import SimulatorServer, serve
