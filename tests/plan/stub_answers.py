"""How the stub answers a request: at the caller's node, with a token of the caller's."""

from __future__ import annotations

import base64
import uuid
from typing import TYPE_CHECKING, Any
from urllib.parse import quote_plus

import httpx

if TYPE_CHECKING:
    from plan.stub import Stub

TYPES = {
    "2": "org.wbcsd.pathfinder.ProductFootprintRequest.{}.v1",
    "3": "org.wbcsd.pact.ProductFootprint.Request{}Event.3",
}


async def answer(stub: Stub, major: str, event: dict[str, Any]) -> None:
    """Sends one Fulfilled or Rejected event, before the request itself is answered."""
    if stub.has("no-answer"):
        return
    kind, data = _outcome(stub, major, event)
    base = stub.partner_base
    sent = {
        "type": TYPES[_spoken(stub, major)].format(kind),
        "specversion": "1.0",
        "id": str(uuid.uuid4()),
        "source": stub.base,
        "time": "2026-03-01T08:00:01Z",
        "data": {"requestEventId": event["id"], **data},
    }
    path = "9" if stub.has("answer-elsewhere") else major
    async with httpx.AsyncClient(verify=stub.trust, trust_env=False) as http:
        basic = f"{quote_plus(stub.partner_client)}:{quote_plus(stub.partner_secret)}".encode()
        headers = {"Authorization": "Basic " + base64.b64encode(basic).decode()}
        form = {"grant_type": "client_credentials"}
        token = (await http.post(f"{base}/auth/token", data=form, headers=headers)).json()["access_token"]
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/cloudevents+json"}
        content = httpx.Request("POST", "https://x", json=sent).content
        for _ in range(1 if stub.has("no-retry") else 3):
            if (
                await http.post(f"{base}/{path}/events", content=content, headers=headers)
            ).status_code != 503:
                break


def _spoken(stub: Stub, major: str) -> str:
    return {"2": "3", "3": "2"}[major] if stub.has("answer-other-type") else major


def _outcome(stub: Stub, major: str, event: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    data = event["data"].get("pf", {}) if major == "2" else event["data"]
    products = data.get("productIds", data.get("productId"))
    seen = stub.documents[major] if stub.has("answer-shows-hidden") else stub.documents[major][:26]
    found = [d for d in seen if products is None or set(products) & set(d["productIds"])]
    if "XX" in str(event["data"]) and not stub.has("answer-one-criterion"):
        found = []
    if stub.has("answer-all"):
        found = seen
    if stub.has("answer-empty"):
        return "Fulfilled", {"pfs": []}
    if not found or stub.has("answer-rejects-all"):
        error = {} if stub.has("answer-without-error") else {"error": {"code": "NotFound", "message": "none"}}
        return "Rejected", error
    return "Fulfilled", {"pfs": found}
