"""/control: order faults, read counters, reset, and whatever each stand-in offers below /control/<name>."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict, Field

from etl.sandbox.faults import FaultKind, Faults
from etl.sandbox.frame import Counters, System


class FaultOrder(BaseModel):
    """What goes wrong, for which calls and how often (``count`` null: until cleared)."""

    model_config = ConfigDict(extra="forbid")

    system: str
    kind: FaultKind
    operation: str = "*"
    count: int | None = Field(default=1, ge=1)
    after: int = Field(default=0, ge=0)
    seconds: float = Field(default=0.2, ge=0)
    retry_after: int = Field(default=1, ge=0)
    keep: float = Field(default=0.5, ge=0, lt=1)
    text: str = ""
    where: dict[str, str] = Field(default_factory=dict)


def control_app(
    systems: Mapping[str, System], faults: Faults, counters: Counters, reset: Callable[[], None]
) -> FastAPI:
    """The control application; its pages at /control/docs list everything that can be asked."""
    app = FastAPI(title="Sandbox control", docs_url="/control/docs", openapi_url="/control/openapi.json")
    _fault_routes(app, faults)

    @app.get("/control/counters")
    async def read_counters() -> dict[str, dict[str, Any]]:
        """Calls per operation, and the most that ran at once, for each system."""
        return {name: {"calls": counters.of(name), "peak": counters.peak[name]} for name in systems}

    @app.delete("/control/counters")
    async def reset_counters() -> None:
        """Start counting anew."""
        counters.reset()

    @app.post("/control/reset")
    async def reset_all() -> None:
        """Everything as it was at first: faults, counters, sites and ledgers."""
        reset()

    for name, system in systems.items():
        app.include_router(system.control(), prefix=f"/control/{name}", tags=[name])
    return app


def _fault_routes(app: FastAPI, faults: Faults) -> None:
    @app.get("/control/faults")
    async def pending() -> list[dict[str, Any]]:
        """The faults that are still to happen."""
        return [asdict(fault) for fault in faults.pending()]

    @app.post("/control/faults", status_code=201)
    async def order(fault: FaultOrder) -> None:
        """Order a fault."""
        faults.add(**fault.model_dump())

    @app.delete("/control/faults")
    async def clear() -> None:
        """Everything works again."""
        faults.clear()
