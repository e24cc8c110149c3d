"""Names of things, so that a slot's uid is never passed where a model's name belongs."""

from typing import NewType

ResourceId = NewType("ResourceId", str)
"""`model/NAME`, `router`, `endpoint/NAME`, `logging` or `server`: what plans and reports speak of."""

SlotUid = NewType("SlotUid", str)
"""The uid of the resource that a slot belongs to; survives a rename of the resource."""

InstanceId = NewType("InstanceId", str)
"""A uuid given to one live process before it is spawned."""

ROUTER = ResourceId("router")


def model_id(name: str) -> ResourceId:
    """The resource of a model."""
    return ResourceId(f"model/{name}")


def model_name(resource: ResourceId) -> str | None:
    """The name of a model's resource; nothing for any other resource."""
    kind, _, name = resource.partition("/")
    return name if kind == "model" else None
