"""The router's INI as a value: which section each of its models has, now and after a batch."""

from collections.abc import Mapping

from reconciler.apply.context import Context
from reconciler.apply.crashpoint import crashpoint
from reconciler.domain.names import ResourceId, SlotUid, model_name
from reconciler.llama.command import preset, section
from reconciler.spec.document import read_back
from reconciler.spec.record import Applied


def write_preset(ctx: Context, sections: Mapping[ResourceId, Applied], slots: Mapping[ResourceId, SlotUid]) -> None:
    """
    Writes all sections, each complete in itself, so that `[*]` stays empty.

    Raises:
        RuntimeFailure: when the file cannot be written; the old one stays.
    """
    rendered = {}
    for resource, applied in sections.items():
        model, name = read_back(applied).model, model_name(resource)
        if model is None or name is None:
            msg = f"the applied document of {resource} is no model"
            raise AssertionError(msg)
        log = str(ctx.world.log(slots[resource]))
        rendered[name] = section(model, catalogue=ctx.world.catalogue, log_file=log)
    ctx.world.files.write(ctx.world.preset, preset(rendered))
    crashpoint("preset-written")
