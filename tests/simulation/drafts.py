"""A fleet that is being edited, as text: one line a model, so that half a file may well be a whole fleet."""

import json
from dataclasses import dataclass, field, replace
from typing import Any

NAMES = tuple("abcdefgh")
FILES = tuple(f"/models/{name}.gguf" for name in "klmn")
POOL = range(8100, 8108)
OTHER_POOL = range(8110, 8118)
ROUTER_PORTS = (8080, 8081)
SECRET = "SIM_KEY"
SECRET_REFERENCE = f"env:{SECRET}"
PACE = {"startup_timeout": "30s", "startup_limit": "60s", "drain_timeout": "3s", "stop_grace": "4s"}


@dataclass(frozen=True)
class ModelDraft:
    """One model as its editor left it."""

    file: str
    serve: str = "dedicated"
    load: str = "always"
    ctx: int = 2048
    temperature: float | None = None
    port: int | None = None
    enabled: bool = True
    protect: bool = False
    moved_from: str | None = None
    aliases: tuple[str, ...] = ()
    attempts: int = 5

    def document(self) -> dict[str, Any]:
        """Its block; nothing stands there that a model of its kind may not have."""
        said: dict[str, Any] = {"path": self.file, "serve": self.serve, "memory": {"ctx_size": self.ctx}}
        if self.serve == "router":
            said["load"] = self.load
        elif self.port is not None:
            said["port"] = self.port
        if self.temperature is not None:
            said["sampling"] = {"temperature": self.temperature}
        if self.attempts != 5:
            said["restart"] = {"max_attempts": self.attempts}
        flags = {"enabled": self.enabled, "protect": self.protect}
        said |= {key: value for key, value in flags.items() if value != (key == "enabled")}
        if self.moved_from is not None:
            said["moved_from"] = self.moved_from
        if self.aliases:
            said["aliases"] = list(self.aliases)
        return said | {"health": PACE}


@dataclass(frozen=True)
class FleetDraft:
    """All of the file. `router` is its port; nothing is a fleet without one."""

    models: dict[str, ModelDraft] = field(default_factory=dict)
    router: int | None = 8080
    models_max: int = 0
    pool: range = POOL
    threads: int | None = None

    def text(self) -> str:
        """The file; the first of the `load: always` have the places of the router."""
        server: dict[str, Any] = {"ports": f"{self.pool[0]}-{self.pool[-1]}", "api_key": {"env": SECRET}}
        if self.threads is not None:
            server["threads_http"] = self.threads
        lines = ["version: 1", "fleet: sim", f"server: {json.dumps(server)}"]
        if self.router is not None:
            router = {"port": self.router, "models_max": self.models_max, "health": PACE}
            lines.append(f"router: {json.dumps(router)}")
        lines.append("models:" if self.models else "models: {}")
        places = self.models_max - 1 if self.models_max else len(self.models)
        for name, model in self.models.items():
            block = model
            if model.serve == "router" and model.enabled and model.load == "always":
                block = replace(model, load="always" if places > 0 else "on-demand")
                places -= 1
            lines.append(f"  {name}: {json.dumps(block.document())}")
        return "\n".join(lines) + "\n"

    def with_model(self, name: str, model: ModelDraft | None) -> "FleetDraft":
        """The same with one model put or taken away."""
        models = {key: value for key, value in self.models.items() if key != name}
        return replace(self, models=models if model is None else models | {name: model})
