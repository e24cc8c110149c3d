"""Taking a fleet down: the same plan as for a fleet that declares nothing to run."""

from reconciler.spec.fleet import FleetSpec


def emptied(fleet: FleetSpec) -> FleetSpec:
    """The fleet with every model and the router switched off; what is protected stays protected."""
    models = {name: model.replaced(enabled=False) for name, model in fleet.models.items()}
    router = fleet.router.replaced(enabled=False) if fleet.router else None
    return fleet.replaced(models=models, router=router)
